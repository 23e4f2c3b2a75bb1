import { Credentials } from './credentials';
import type { RotationDefinition } from './definition';
import { RotationError } from './errors';
import type { ConfigValue } from './journal';
import { isBoolean, isNested, isNumber, jsonText, membersOf, objectOf, textIn, type Json } from './json';

/** The value of a rotated secret: a flat JSON object, each value as it is written. */
export type FlatSecret = ReadonlyMap<string, Json>;

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
  const members = membersOf(value.reveal());
  if (members === null) throw wrong('is not a JSON object');
  for (const [key, held] of members) {
    if (isNested(held)) throw wrong(`has a nested value under ${JSON.stringify(key)}`);
    // it would be stored at the server as another text
    if ([key, textIn(held) ?? ''].some((text) => /\p{Cs}/u.test(text)))
      throw wrong(`has half a surrogate pair under ${JSON.stringify(key)}`);
  }
  return new Map([...members].map(([key, held]) => [key, sameText(held)]));
}

/** One text can be written in several ways; two values with the same texts are the same. */
function sameText(held: Json): Json {
  const text = textIn(held);
  return text === undefined ? held : jsonText(text);
}

/** The CREDENTIALS object of a link, always whole: a key pair cannot change atomically with `::key` (facts: singlestore, section 0). */
export function linkCredentials(secret: FlatSecret, fields: RotationDefinition['fields'], where: string): Credentials {
  const mapping = Object.entries(fields.credentials);
  if (mapping.length === 0) {
    const inConfig = new Set(Object.values(fields.config));
    return new Credentials(objectOf([...secret].filter(([key]) => !inConfig.has(key))));
  }
  return new Credentials(objectOf(mapping.map(([key, from]) => [key, pick(secret, from, where)])));
}

/** The CONFIG keys that the secret decides, with their values. Empty: CONFIG is left alone. */
export function linkConfig(
  secret: FlatSecret,
  fields: RotationDefinition['fields'],
  where: string,
): ReadonlyMap<string, Json> {
  return new Map(Object.entries(fields.config).map(([key, from]) => [key, pick(secret, from, where)]));
}

function pick(secret: FlatSecret, key: string, where: string): Json {
  const value = secret.get(key);
  if (value === undefined) {
    throw new RotationError(
      'SECRET_SHAPE',
      `${where} has no key ${JSON.stringify(key)}, which "fields" asks for. Nothing was changed. Store it there, or correct "fields" in ROTATIONS.`,
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
  const merged = new Map(config);
  for (const [key, change] of Object.entries(changes)) {
    if ('absent' in change) merged.delete(key);
    else merged.set(key, types === 'given' ? change.json : keepType(change.json, merged.get(key)));
  }
  const text = objectOf(merged);
  return text === objectOf(config) ? null : text;
}

/** What the named CONFIG keys are now: what the journal keeps for the way back. */
export function configBefore(existing: string, keys: readonly string[]): Readonly<Record<string, ConfigValue>> {
  if (keys.length === 0) return {};
  const config = readConfig(existing);
  return Object.fromEntries(
    keys.map((key) => {
      const json = config.get(key);
      return [key, json === undefined ? { absent: true as const } : { json }];
    }),
  );
}

/**
 * A link's CONFIG as the catalogue gives it.
 *
 * @throws SECRET_SHAPE when it is no JSON object: then nothing can be merged into it, and it is left as it is.
 */
export function readConfig(text: string): ReadonlyMap<string, Json> {
  if (text.trim() === '') return new Map();
  const members = membersOf(text);
  if (members !== null) return members;
  throw new RotationError(
    'SECRET_SHAPE',
    "the catalogue's CONFIG of the link is not a JSON object. Nothing was changed. Set it to one with ALTER LINK … SET CONFIG.",
  );
}

/** A secret's value is often a text where CONFIG holds a number or a boolean (`"database.port": 3306`): the link's type wins. */
function keepType(value: Json, before: Json | undefined): Json {
  if (before === undefined) return value;
  const text = textIn(value);
  if (text === undefined)
    return textIn(before) !== undefined && (isNumber(value) || isBoolean(value)) ? jsonText(value) : value;
  const bare = text.trim();
  if (isNumber(before) && isNumber(bare)) return bare as Json;
  if (isBoolean(before) && isBoolean(bare)) return bare as Json;
  return value;
}
