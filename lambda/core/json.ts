/** A JSON value as it is written: a number keeps all its digits, of which a double holds seventeen at most. */
export type Json = string & { readonly __brand: 'Json' };

const token = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/gs;
/** JSON's own grammar of a number: what `Number` takes besides is none. */
const number = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/**
 * The members of a JSON object, with their values as they are written. Of a key that occurs twice the last counts, as for
 * `JSON.parse`, which is asked first whether this is JSON at all.
 *
 * @returns `null` when the text is no JSON object.
 */
export function membersOf(text: string): ReadonlyMap<string, Json> | null {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return null;
  } catch {
    return null;
  }
  const members = new Map<string, Json>();
  let depth = 0;
  let key: string | null = null;
  let valueFrom = 0;
  for (const { 0: word, index } of text.matchAll(token)) {
    if (word === '}' || word === ']') depth -= 1;
    if (key !== null && (depth === 0 || (depth === 1 && word === ','))) {
      members.set(key, text.slice(valueFrom, index).trim() as Json);
      key = null;
    } else if (depth === 1 && key === null && word.startsWith('"')) {
      key = JSON.parse(word) as string;
      valueFrom = text.indexOf(':', index + word.length) + 1;
    }
    if (word === '{' || word === '[') depth += 1;
  }
  return members;
}

export const objectOf = (members: Iterable<readonly [string, Json]>): Json =>
  `{${Array.from(members, ([key, value]) => `${JSON.stringify(key)}:${value}`).join(',')}}` as Json;

export const jsonText = (text: string): Json => JSON.stringify(text) as Json;

/** The text of a JSON string; `undefined` for a value of another kind. */
export const textIn = (json: Json | undefined): string | undefined =>
  json?.startsWith('"') === true ? (JSON.parse(json) as string) : undefined;

export const isNumber = (json: string): boolean => number.test(json);
export const isBoolean = (json: string): boolean => json === 'true' || json === 'false';
export const isNested = (json: Json): boolean => /^[{[]/.test(json);
