import { charactersOf, widthOf } from '../width';

/** How a piece of text is meant: colours say nothing that the words do not say, too. */
export type Tone = 'good' | 'bad' | 'warn' | 'quiet' | 'strong';

/** What is written on. */
export interface Paper {
  /** Characters in a line; Infinity where it is no terminal. */
  readonly width: number;
  readonly coloured: boolean;
}

type Out = Pick<NodeJS.WriteStream, 'columns'> & { readonly isTTY?: boolean };

/** The width of what is no terminal: a file, a pipe, a log. */
const elsewhere = 100;
/** Less is no table any more. */
const narrowest = 40;

/**
 * Colours are for terminals. NO_COLOR (https://no-color.org), TERM=dumb and FORCE_COLOR=0 turn them off there; another
 * FORCE_COLOR turns them on anywhere. COLUMNS names the width where there is no terminal.
 */
export function paperFor(out: Out, env: NodeJS.ProcessEnv): Paper {
  const { NO_COLOR = '', FORCE_COLOR: forced, TERM, COLUMNS } = env;
  const wished = forced === undefined ? out.isTTY === true && TERM !== 'dumb' : !/^(0|false)$/.test(forced);
  const columns = out.isTTY === true ? out.columns : Number(COLUMNS);
  return {
    coloured: wished && NO_COLOR === '',
    width: Math.max(narrowest, Number.isInteger(columns) && columns > 0 ? columns : elsewhere),
  };
}

const codes: Readonly<Record<Tone, number>> = { good: 32, bad: 31, warn: 33, quiet: 2, strong: 1 };

export const painted = (text: string, tone: Tone | undefined, { coloured }: Pick<Paper, 'coloured'>): string =>
  coloured && tone !== undefined && text !== '' ? `\u001b[${codes[tone]}m${text}\u001b[0m` : text;

/** The longest beginning that takes so many places at most; one character at least. */
export function beginning(text: string, width: number): string {
  let taken = '';
  let room = width;
  for (const character of charactersOf(text)) {
    room -= widthOf(character);
    if (taken !== '' && room < 0) break;
    taken += character;
  }
  return taken;
}
