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
export function foundIn(text: string, secrets: readonly string[]): readonly string[] {
  return secrets.filter((secret) => formsOf(secret).some((form) => text.includes(form)));
}

function formsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  // in base64 a text looks different at each of three places, and its ends depend on its neighbours
  const base64 = [0, 1, 2].map((shift) =>
    Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .slice(4, -4),
  );
  const base64url = base64.map((form) => form.replaceAll('+', '-').replaceAll('/', '_'));
  return [secret, encodeURIComponent(secret), bytes.toString('hex'), ...base64, ...base64url];
}
