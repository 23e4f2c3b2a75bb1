import { leaksIn } from '../standins/demo/leaks';

/** Anything a program may put out, as one text. Of an error everything counts: message, stack, cause, and fields of its own. */
export function asText(things: unknown): string {
  return JSON.stringify(things, (_, value: unknown) =>
    value instanceof Error
      ? [value.message, value.stack, value.cause, Object.entries(value)]
      : value instanceof Map || value instanceof Set
        ? [...value]
        : value,
  );
}

/** Which of the secrets stand in a text, plain or in a usual encoding. */
export const foundIn = (text: string, secrets: readonly string[]): readonly string[] => leaksIn([text], secrets);
