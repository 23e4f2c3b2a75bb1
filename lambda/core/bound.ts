/*
 * Lambda takes an answer of 6 MB at most, and of a longer one nothing arrives
 * (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html). So an answer that grows with what is there is cut: as
 * little as will do, what needs nobody first, and with the number of what is left out.
 */

/** An answer is at most this long as JSON; the rest is for whoever wraps it. Bytes. */
export const answerBytes = 5_000_000;

type Listed =
  | 'secrets'
  | 'links'
  | 'pipelines'
  | 'statements'
  | 'places'
  | 'uncovered objects'
  | 'rotations'
  | 'pauses'
  | 'names'
  | 'sentences';

/** How many of each kind an answer does not list, to be short enough. `names`: of pipelines in the journal. */
export type LeftOut = Readonly<Partial<Record<Listed, number>>>;

/** One way to make an answer shorter. */
export interface Cut<T> {
  /** Keeps so many of each list that it is about, or so many characters of each text; Infinity: all. */
  readonly keeping: (answer: T, keep: number) => T;
  readonly least: number;
}

/** Tells how long values are as JSON, in bytes. Each object and each text is looked into once, however often it is part of what is measured. */
function measuring(): (value: unknown) => number {
  const known = new Map<unknown, number>();
  const look = (value: unknown): number => {
    if (typeof value !== 'object' || value === null) return Buffer.byteLength(JSON.stringify([value])) - 2;
    const parts = Array.isArray(value)
      ? value.map(measure)
      : Object.entries(value).flatMap(([name, one]) => (one === undefined ? [] : measure(name) + 1 + measure(one)));
    return parts.reduce((sum, part) => sum + part, 1 + Math.max(1, parts.length)); // brackets and commas
  };
  const measure = (value: unknown): number => {
    const bytes = known.get(value) ?? look(value);
    known.set(value, bytes);
    return bytes;
  };
  return measure;
}

/** The first so many of those that may be left out, and all of the others, in their order. */
export function thinned<T>(list: readonly T[], keep: number, mayGo: (one: T) => boolean = () => true): readonly T[] {
  if (list.length <= keep) return list; // the same one, whose length is known
  let kept = 0;
  return list.filter((one) => !mayGo(one) || ++kept <= keep);
}

/** A text without its end, which says how much that was. */
export const shortened = (text: string, characters: number): string =>
  text.length <= characters ? text : `${text.slice(0, characters)}… (${text.length - characters} characters more)`;

/**
 * An answer that is short enough. What a cut is about is touched only when the cuts before it do not suffice; what those left out in vain
 * comes back, and then as much as fits of the rest, what is worth most first.
 *
 * @param counts how many of each kind an answer lists
 */
export function bounded<T extends { readonly leftOut?: LeftOut }>(
  answer: T,
  cuts: readonly Cut<T>[],
  counts: (answer: T) => LeftOut,
  bytes = answerBytes,
): T {
  const measure = measuring();
  const isShort = (one: T): boolean => measure(one) <= bytes;
  if (isShort(answer)) return answer;
  const taken: { readonly cut: Cut<T>; keep: number }[] = [];
  const cutBy = (left: T, from: number, to?: number): T =>
    taken.slice(from, to).reduce((one, { cut, keep }) => cut.keeping(one, keep), left);
  let least = answer;
  for (const cut of cuts) {
    taken.push({ cut, keep: cut.least });
    least = cut.keeping(least, cut.least);
    if (isShort(least)) break;
  }
  const refill = (at: number, search: typeof largest): void => {
    const [one] = taken.slice(at, at + 1);
    const before = cutBy(answer, 0, at);
    if (one !== undefined)
      one.keep = search(one.cut.least, (keep) => isShort(cutBy(one.cut.keeping(before, keep), at + 1)));
  };
  const valued = [...taken.keys()].reverse();
  for (const at of valued.slice(1)) refill(at, (few, fits) => (fits(Infinity) ? Infinity : few));
  for (const at of valued) refill(at, largest);
  const fitting = cutBy(answer, 0);
  const listed = counts(fitting);
  const leftOut = Object.entries(counts(answer))
    .map(([kind, count]) => [kind, count - (listed[kind as Listed] ?? 0)] as const)
    .filter(([, count]) => count > 0);
  return { ...fitting, leftOut: Object.fromEntries(leftOut) };
}

/** As many as fit; the least, if not even one more does. */
function largest(least: number, fits: (keep: number) => boolean): number {
  if (fits(Infinity)) return Infinity;
  let [from, to] = [least, least + 1];
  while (fits(to)) [from, to] = [to, to * 2];
  while (to - from > 1) {
    const keep = Math.floor((from + to) / 2);
    if (fits(keep)) from = keep;
    else to = keep;
  }
  return from;
}

/** "Not listed, to keep the answer short: 12 pipelines, 3 rotations". */
export const leftOutText = (leftOut: LeftOut): string =>
  `Not listed, to keep the answer below ${answerBytes / 1_000_000} MB: ${Object.entries(leftOut)
    .map(([kind, count]) => `${count} ${kind}`)
    .join(', ')}`;
