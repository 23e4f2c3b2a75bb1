import { visible } from '../../lambda/core/visible';
import { widthOf } from '../width';
import { beginning, painted, type Paper, type Tone } from './paper';

/** A piece of text, with a tone where it has one. */
export type Cell = string | { readonly text: string; readonly tone: Tone };

export const toned = (tone: Tone, text: string): Cell => ({ text, tone });
export const good = (text: string): Cell => toned('good', text);
export const bad = (text: string): Cell => toned('bad', text);
export const warn = (text: string): Cell => toned('warn', text);
export const quiet = (text: string): Cell => toned('quiet', text);
export const strong = (text: string): Cell => toned('strong', text);

const textOf = (cell: Cell): string => visible(typeof cell === 'string' ? cell : cell.text);
const toneOf = (cell: Cell): Tone | undefined => (typeof cell === 'string' ? undefined : cell.tone);
const gap = '  ';

/**
 * Breaks a text between words into lines of at most `width` characters.
 *
 * @param cut whether a longer word is cut; if not it sticks out, whole, as an ARN must to be copied
 */
export function wrapped(text: string, width: number, cut: boolean): readonly string[] {
  const lines: string[] = [''];
  for (const word of text.split(' ')) {
    const last = lines.at(-1) ?? '';
    if (last === '') lines[lines.length - 1] = word;
    else if (widthOf(last) + 1 + widthOf(word) <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
    if (cut) lines.push(...pieces(lines.pop() ?? '', width));
  }
  return lines;
}

function pieces(text: string, width: number): readonly string[] {
  const all: string[] = [];
  for (let left = text; left !== '' || all.length === 0; left = left.slice(all.at(-1)?.length ?? 0))
    all.push(beginning(left, width));
  return all;
}

/** Rows with their columns under each other. What is too wide for the paper goes on in the next line of its own column; words are cut in all but the last. */
export function table(paper: Paper, rows: readonly (readonly Cell[])[], indent = 2): readonly string[] {
  const columns = Math.max(0, ...rows.map(({ length }) => length));
  const widths = Array.from({ length: columns }, (_, at) =>
    Math.max(0, ...rows.map((row) => widthOf(textOf(row[at] ?? '')))),
  );
  const room = paper.width - indent - gap.length * (columns - 1);
  const sum = (): number => widths.reduce((total, width) => total + width, 0);
  while (sum() > room) {
    const widest = widths.indexOf(Math.max(...widths));
    const others = sum() - (widths[widest] ?? 0);
    const next = Math.max(...widths.filter((_, at) => at !== widest), 8);
    // the widest gives up what it has more than the next; then both do
    const fits = Math.max(room - others, Math.min(next, (widths[widest] ?? 0) - 1));
    if (fits < 8) break; // no table any more; the lines are longer than the paper
    widths[widest] = fits;
  }
  return rows.flatMap((row) => {
    const cells = row.map((cell, at) => ({
      tone: toneOf(cell),
      lines: wrapped(textOf(cell), widths[at] ?? 0, at < columns - 1),
    }));
    const height = Math.max(1, ...cells.map(({ lines }) => lines.length));
    return Array.from({ length: height }, (_, line) =>
      (
        ' '.repeat(indent) +
        cells
          .map(({ tone, lines }, at) => {
            const text = lines[line] ?? '';
            const filler = at === cells.length - 1 ? '' : ' '.repeat(Math.max(0, (widths[at] ?? 0) - widthOf(text)));
            return painted(text, tone, paper) + filler;
          })
          .join(gap)
      ).trimEnd(),
    );
  });
}

/** Behind `head`, and under its own beginning where it is long. */
export const said = (paper: Paper, head: Cell, text: Cell, indent = 2): readonly string[] =>
  table(paper, [[head, text]], indent);

/** A text to be copied: never broken, even where it is longer than the line. */
export const verbatim = (paper: Paper, head: Cell, text: string, indent = 2): readonly string[] => [
  `${' '.repeat(indent)}${painted(textOf(head), toneOf(head), paper)}${gap}${visible(text)}`,
];

/** As the function writes one: a sentence goes on behind it with a point, a comma, a semicolon or a bracket. */
const command = /((?:npx singlestore-link-rotation|aws (?:secretsmanager|iam))(?: (?!\()\S*[^\s.,;)])+)/;

/** A sentence behind `head`, whose commands stand on lines of their own, to be copied. */
export function told(paper: Paper, head: Cell, sentence: string, indent = 2): readonly string[] {
  const [first = '', ...rest] = sentence.split(command);
  const under = ' '.repeat(widthOf(textOf(head)));
  return [
    ...said(paper, head, first.trim(), indent),
    ...rest.flatMap((part, at) => {
      const prose = part.replace(/^[.,;)\s]+/, '').trim();
      if (at % 2 === 0) return verbatim(paper, under, part, indent);
      return prose === '' ? [] : said(paper, under, prose, indent);
    }),
  ];
}

/** A text over the whole width. */
export const paragraph = (paper: Paper, text: Cell, indent = 2): readonly string[] => table(paper, [[text]], indent);

export const heading = (paper: Paper, text: string): string => painted(visible(text), 'strong', paper);
