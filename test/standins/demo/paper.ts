/** What is written on: in colour or not, with lines of some length. */
export interface Paper {
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly quiet: (text: string) => string;
  readonly strong: (text: string) => string;
  /** Characters in a line, as wide as the terminal is now; Infinity where it is no terminal. */
  readonly width: number;
}

type Out = Pick<NodeJS.WriteStream, 'columns'> & { readonly isTTY?: boolean };

/**
 * Colours are for terminals. NO_COLOR (https://no-color.org), TERM=dumb and FORCE_COLOR=0 turn them off there; another
 * FORCE_COLOR turns them on anywhere.
 */
export function paperFor(out: Out, env: NodeJS.ProcessEnv): Paper {
  const { NO_COLOR = '', FORCE_COLOR: forced, TERM } = env;
  const wished = forced === undefined ? out.isTTY === true && TERM !== 'dumb' : !/^(0|false)$/.test(forced);
  const coloured = wished && NO_COLOR === '';
  const code = (number: number) => (text: string) => (coloured ? `\u001b[${number}m${text}\u001b[0m` : text);
  return {
    good: code(32),
    bad: code(31),
    quiet: code(2),
    strong: code(1),
    get width() {
      return out.isTTY === true ? out.columns || 80 : Infinity;
    },
  };
}

// eslint-disable-next-line no-control-regex -- the control character is what is looked for
const colours = /\u001b\[\d+m/g;
export const lengthOf = (text: string): number => text.replace(colours, '').length;

/** `text` behind `head`; what does not fit in a line goes on in the next one, under the beginning of `text`. A word is never cut. */
export function hung(head: string, text: string, width: number): string {
  const indent = lengthOf(head) > width / 2 ? 6 : lengthOf(head);
  const lines = [head];
  let used = lengthOf(head);
  for (const [at, word] of text.split(/(?<=\S)(?= )/).entries()) {
    const fits = at === 0 || used + lengthOf(word) <= width;
    const added = fits ? word : ' '.repeat(indent) + word.trimStart();
    if (fits) lines.push((lines.pop() ?? '') + added);
    else lines.push(added);
    used = fits ? used + lengthOf(word) : lengthOf(added);
  }
  return lines.join('\n');
}
