import { qualified, type QualifiedName } from './names';
import { tokens, type Token } from './sql';

/** Where a pipeline reads from, as far as its definition shows. */
export type PipelineSource =
  | { readonly through: 'link'; readonly link: QualifiedName; readonly path: string }
  | { readonly through: 'inline'; readonly type: string }
  /** The definition shows no source clause (a user without rights sees less): never to be read as "uses no link". */
  | { readonly through: 'hidden' };

/** A pipeline as the catalogue shows it. `state` is the server's own word. */
export interface PipelineRow {
  readonly pipeline: QualifiedName;
  readonly state: string;
}

/**
 * Reads the source out of `SHOW CREATE PIPELINE`. No catalogue view maps a pipeline to its link (facts: singlestore,
 * section 4.6), so this is the only way. The text is cut into tokens, because the word LINK may stand inside a string,
 * a comment or a quoted name. An unqualified link belongs to the pipeline's own database.
 */
export function sourceOf(definition: string, database: string): PipelineSource {
  const all = [...tokens(definition)];
  const word = (at: number): string => {
    const token = all[at];
    return token?.kind === 'word' ? token.text.toUpperCase() : '';
  };
  const as = all.findIndex((_, at) => word(at) === 'AS' && word(at + 1) === 'LOAD' && word(at + 2) === 'DATA');
  if (as < 0) return { through: 'hidden' };
  const type = word(as + 3);
  if (type === '') return { through: 'hidden' };
  if (type !== 'LINK') return { through: 'inline', type };
  const first = all[as + 4];
  if (!isName(first)) return { through: 'hidden' };
  const dotted = all[as + 5]?.kind === 'symbol' && all[as + 5]?.text === '.';
  const second = all[as + 6];
  if (dotted && !isName(second)) return { through: 'hidden' };
  const link = dotted && isName(second) ? qualified(first.text, second.text) : qualified(database, first.text);
  const path = all[as + (dotted ? 7 : 5)];
  return { through: 'link', link, path: path?.kind === 'string' ? path.text : '' };
}

function isName(token: Token | undefined): token is Token {
  return token !== undefined && (token.kind === 'word' || token.kind === 'identifier');
}

/**
 * What a pipeline's state means to a rotation.
 *
 * `running`: stopped by us before a change, started after it. `resting`: left as it is; a link can be changed under it.
 * `busy`: belongs to somebody's session, or a state nobody has documented: the link is not touched, and neither is it.
 */
export type Activity = 'running' | 'resting' | 'busy';

/** States: facts, singlestore, section 4.4. The catalogue's letter case is not relied on. */
export function activityOf(state: string): Activity {
  switch (state.toLowerCase()) {
    case 'running':
      return 'running';
    case 'stopped':
    case 'error':
    case 'detached':
      return 'resting';
    default:
      return 'busy';
  }
}

export const isStopped = (state: string | undefined): boolean => state?.toLowerCase() === 'stopped';
export const isInError = (state: string | undefined): boolean => state?.toLowerCase() === 'error';
