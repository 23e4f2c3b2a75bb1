/** Which of the secrets stand in one of the texts: raw, as JSON, in a URL, in hexadecimal, or anywhere inside base64. */
export function leaksIn(texts: Iterable<string>, secrets: Iterable<string>): readonly string[] {
  const forms = [...secrets].map((secret) => ({ secret, forms: formsOf(secret) }));
  const found = new Set<string>();
  for (const text of texts)
    for (const one of forms) if (one.forms.some((form) => text.includes(form))) found.add(one.secret);
  return [...found];
}

/** A text as it may stand in an output. */
export function formsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  // the same bytes look different at each of three places in base64, and their ends depend on the neighbours
  const base64 = [0, 1, 2].map((shift) =>
    Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .slice(4, -4),
  );
  const url = encodeURIComponent(secret);
  return [
    secret,
    JSON.stringify(secret).slice(1, -1),
    url,
    url.toLowerCase(),
    bytes.toString('hex'),
    ...base64,
    ...base64.map((form) => form.replaceAll('+', '-').replaceAll('/', '_')),
  ];
}
