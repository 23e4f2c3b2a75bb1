/**
 * @peculiar/x509 registers its algorithms through tsyringe, which wants `Reflect.getMetadata` to exist when it is loaded
 * and asks it for constructor parameters; nothing else of the reflect-metadata package is used, so this is all of it.
 */
const metadata = new WeakMap<object, Map<string, unknown>>();

interface Metadata {
  getMetadata?: (key: string, target: object) => unknown;
  getOwnMetadata?: (key: string, target: object) => unknown;
  defineMetadata?: (key: string, value: unknown, target: object) => void;
}

const reflect = Reflect as Metadata;
reflect.getMetadata ??= (key, target) => metadata.get(target)?.get(key);
reflect.getOwnMetadata ??= (key, target) => metadata.get(target)?.get(key);
reflect.defineMetadata ??= (key, value, target) => {
  metadata.set(target, (metadata.get(target) ?? new Map<string, unknown>()).set(key, value));
};
