/** So many of the like are listed; more are counted. */
export const mostListed = 8;
/** Of more names than that, so many stand for all. */
const mostNamed = 3;

/** The first of many sentences or names, and how many more there are. @param how to see all */
export const few = (sentences: readonly string[], all: boolean, how = 'status --all'): readonly string[] =>
  all || sentences.length <= mostListed
    ? sentences
    : [...sentences.slice(0, mostListed), `… ${sentences.length - mostListed} more; ${how} lists them`];

/** In a sentence: `a, b, c and 297 more`. */
export const named = (names: readonly string[], most = mostListed): string =>
  names.length <= most
    ? names.join(', ')
    : `${names.slice(0, mostNamed).join(', ')} and ${names.length - mostNamed} more`;

/** A table, link, pipeline or function with its database, quoted as in SQL. */
const object = /`(?:[^`]|``)*`\.`(?:[^`]|``)*`/g;

/**
 * Sentences that differ only in what they are about are told once, for all of it. What they say otherwise, a GRANT or a number, is told of
 * each.
 *
 * @param how to see each
 */
export function alike(sentences: readonly string[], all: boolean, how: string): readonly string[] {
  if (all) return sentences;
  const kinds = new Map<string, { readonly first: string; readonly others: string[] }>();
  for (const sentence of sentences) {
    const kind = sentence.replaceAll(object, '``');
    const known = kinds.get(kind);
    if (known === undefined) kinds.set(kind, { first: sentence, others: [] });
    else known.others.push(sentence.match(object)?.[0] ?? sentence);
  }
  return few(
    [...kinds.values()].map(({ first, others }) =>
      others.length === 0 ? first : `${first} The same of ${others.length} more: ${named(others)}.`,
    ),
    all,
    how,
  );
}
