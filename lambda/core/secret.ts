import { Credentials } from './credentials';
import type { RotationDefinition } from './definition';
import { RotationError } from './errors';
import type { ConfigValue } from './journal';

/** The value of a rotated secret: a flat JSON object. */
export type FlatSecret = Readonly<Record<string, string | number | boolean | null>>;

/**
 * Reads the value of a rotated secret.
 *
 * @throws SECRET_SHAPE without a word of the value: JSON's own error message quotes its input.
 */
export function parseFlatSecret(value: Credentials, where: string): FlatSecret {
  const wrong = (what: string): RotationError =>
    new RotationError(
      'SECRET_SHAPE',
      `${where} ${what}; a flat JSON object is needed. Nothing was changed. Store a corrected value and rotate again.`,
    );
  let parsed: unknown;
  try {
    parsed = JSON.parse(value.reveal());
  } catch {
    throw wrong('is not JSON');
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw wrong('is not a JSON object');
  const nested = Object.entries(parsed).find(([, held]) => typeof held === 'object' && held !== null);
  if (nested !== undefined) throw wrong(`has a nested value under ${JSON.stringify(nested[0])}`);
  return parsed as FlatSecret;
}

/** The CREDENTIALS object of a link, always whole: a key pair cannot change atomically with `::key` (facts: singlestore, section 0). */
export function linkCredentials(secret: FlatSecret, fields: RotationDefinition['fields'], where: string): Credentials {
  const mapping = Object.entries(fields.credentials);
  if (mapping.length === 0) {
    const inConfig = new Set(Object.values(fields.config));
    return new Credentials(
      JSON.stringify(Object.fromEntries(Object.entries(secret).filter(([key]) => !inConfig.has(key)))),
    );
  }
  return new Credentials(
    JSON.stringify(Object.fromEntries(mapping.map(([key, from]) => [key, pick(secret, from, where)]))),
  );
}

/** The CONFIG keys that the secret decides, with their values. Empty: CONFIG is left alone. */
export function linkConfig(secret: FlatSecret, fields: RotationDefinition['fields'], where: string): FlatSecret {
  return Object.fromEntries(Object.entries(fields.config).map(([key, from]) => [key, pick(secret, from, where)]));
}

function pick(secret: FlatSecret, key: string, where: string): string | number | boolean | null {
  const value = Object.hasOwn(secret, key) ? secret[key] : undefined;
  if (value === undefined) {
    throw new RotationError(
      'SECRET_SHAPE',
      `${where} has no key ${JSON.stringify(key)}, which "fields" asks for. Nothing was changed.`,
    );
  }
  return value;
}

/**
 * Merges keys into a link's CONFIG. `null` when nothing would change.
 *
 * @param types `link`: the JSON types that the link has now are kept. `given`: values are set exactly, for the way back.
 */
export function mergeConfig(
  existing: string,
  changes: Readonly<Record<string, ConfigValue>>,
  types: 'link' | 'given',
): string | null {
  const config = readConfig(existing);
  const merged = new Map(Object.entries(config));
  for (const [key, change] of Object.entries(changes)) {
    if ('absent' in change) merged.delete(key);
    else merged.set(key, types === 'given' ? change.value : keepType(change.value, merged.get(key)));
  }
  const text = JSON.stringify(Object.fromEntries(merged));
  return text === JSON.stringify(config) ? null : text;
}

/** What the named CONFIG keys are now: what the journal keeps for the way back. */
export function configBefore(existing: string, keys: readonly string[]): Readonly<Record<string, ConfigValue>> {
  if (keys.length === 0) return {};
  const config = readConfig(existing);
  return Object.fromEntries(
    keys.map((key) => [key, Object.hasOwn(config, key) ? { value: config[key] } : { absent: true as const }]),
  );
}

/**
 * A link's CONFIG as the catalogue gives it.
 *
 * @throws SECRET_SHAPE when it is no JSON object: then nothing can be merged into it, and it is left as it is.
 */
export function readConfig(text: string): Readonly<Record<string, unknown>> {
  if (text.trim() === '') return {};
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed))
      return parsed as Record<string, unknown>;
  } catch {
    // said below
  }
  throw new RotationError(
    'SECRET_SHAPE',
    "the catalogue's CONFIG of the link is not a JSON object. Nothing was changed. Set it to one with ALTER LINK … SET CONFIG.",
  );
}

/** A secret's value is often a text where CONFIG holds a number or a boolean (`"database.port": 3306`): the link's type wins. */
function keepType(value: unknown, before: unknown): unknown {
  if (typeof before === 'string' && (typeof value === 'number' || typeof value === 'boolean')) return String(value);
  if (typeof value !== 'string') return value;
  if (typeof before === 'number' && value.trim() !== '' && Number.isFinite(Number(value))) return Number(value);
  if (typeof before === 'boolean' && (value === 'true' || value === 'false')) return value === 'true';
  return value;
}
