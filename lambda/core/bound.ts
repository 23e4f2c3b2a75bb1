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
  /** Keeps so many of each list that it is about, from `least` to `most`; longer lists than that are cut to it at once. */
  readonly keeping: (answer: T, keep: number) => T;
  readonly least: number;
  readonly most: number;
}

const bytesOf = (answer: unknown): number => Buffer.byteLength(JSON.stringify(answer));

/** The first so many of those that may be left out, and all of the others, in their order. */
export function thinned<T>(list: readonly T[], keep: number, mayGo: (one: T) => boolean = () => true): readonly T[] {
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
  if (bytesOf(answer) <= bytes) return answer;
  const keeps: number[] = [];
  const made = (at = -1, keep = 0): T =>
    keeps.reduce((left, kept, nth) => cuts[nth]?.keeping(left, nth === at ? keep : kept) ?? left, answer);
  for (const { least } of cuts) {
    keeps.push(least);
    if (bytesOf(made()) <= bytes) break;
  }
  const refill = (at: number, search: typeof largest): void => {
    const cut = cuts[at];
    if (cut !== undefined) keeps[at] = search(cut, (keep) => bytesOf(made(at, keep)) <= bytes);
  };
  const valued = [...keeps.keys()].reverse();
  for (const at of valued.slice(1)) refill(at, ({ least, most }, fits) => (fits(most) ? most : least));
  for (const at of valued) refill(at, largest);
  const fitting = made();
  const listed = counts(fitting);
  const leftOut = Object.entries(counts(answer))
    .map(([kind, count]) => [kind, count - (listed[kind as Listed] ?? 0)] as const)
    .filter(([, count]) => count > 0);
  return { ...fitting, leftOut: Object.fromEntries(leftOut) };
}

/** As many as fit; the least, if even those do not. */
function largest({ least, most }: Pick<Cut<unknown>, 'least' | 'most'>, fits: (keep: number) => boolean): number {
  if (fits(most)) return most;
  let [from, to] = [least, most - 1];
  while (from < to) {
    const keep = Math.ceil((from + to) / 2);
    if (fits(keep)) from = keep;
    else to = keep - 1;
  }
  return from;
}

/** "Not listed, to keep the answer short: 12 pipelines, 3 rotations". */
export const leftOutText = (leftOut: LeftOut): string =>
  `Not listed, to keep the answer below ${answerBytes / 1_000_000} MB: ${Object.entries(leftOut)
    .map(([kind, count]) => `${count} ${kind}`)
    .join(', ')}`;
