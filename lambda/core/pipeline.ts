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
  /** Absent: the server does not say. */
  readonly identity?: Identity;
}

/**
 * What tells a pipeline from another that bears its name later, as short texts of the server's own, only ever compared:
 * PIPELINE_ID, "the unique ID of the pipeline", and CREATE_TIME, "when the pipeline was created or recreated" (facts:
 * singlestore, section 4.5).
 */
export interface Identity {
  readonly id: string;
  /** `null`: the server does not say. */
  readonly createdAt: string | null;
}

/**
 * Whether what bears the name now seems to be another pipeline than the recorded one: another id, and another time of creation. A time
 * alone says little: CREATE OR REPLACE alters a pipeline and renews it, and another time zone reads it differently. Nor does an id: whether
 * it outlives a restart is not published. Where the server does not say both, the name tells: whom we have stopped by that name is ours.
 */
export function isAnother(recorded: Identity | undefined, seen: Identity | undefined): boolean {
  if (recorded === undefined || seen === undefined || recorded.id === seen.id) return false;
  return recorded.createdAt !== null && seen.createdAt !== null && recorded.createdAt !== seen.createdAt;
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
  const follows = all[as + 4]?.kind;
  if (type !== 'LINK') return inlineSources.has(type) ? { through: 'inline', type } : { through: 'hidden' };
  const names = nameAfter(all, as + 4);
  if (names === null) return { through: 'hidden' };
  const path = all[names.end];
  if (path?.kind === 'string') return { through: 'link', link: inFull(names, database), path: path.text };
  // without a path behind it, what looks like a bare name may be the clause after a source that is not shown
  const hidden = follows === 'word' && names.parts.length === 1 && clauses.test(names.parts[0]);
  return hidden ? { through: 'hidden' } : { through: 'link', link: inFull(names, database), path: '' };
}

/** What a definition says of STOP_ON_ERROR; `null`: nothing, so the server's own setting holds (facts: singlestore, section 4.1). */
export function stopsOnError(definition: string): boolean | null {
  const words = [...tokens(definition)].map(({ kind, text }) => (kind === 'word' ? text.toUpperCase() : ''));
  const said = words[words.lastIndexOf('STOP_ON_ERROR') + 1];
  return !words.includes('STOP_ON_ERROR') || (said !== 'ON' && said !== 'OFF') ? null : said === 'ON';
}

/** The sources of CREATE PIPELINE with credentials of their own (facts: singlestore, section 4.1). */
const inlineSources: ReadonlySet<string> = new Set([
  ...[
    'S3',
    'KAFKA',
    'KAFKACONNECT',
    'KINESIS',
    'AZURE',
    'GCS',
    'HDFS',
    'FS',
    'FILESYSTEM',
    'MONGODB',
    'MYSQL',
    'ICEBERG',
  ],
]);
/** The words that may come after a source there. */
const clauses =
  /^(?:INTO|CONFIG|CREDENTIALS|BATCH_INTERVAL|MAX_\w+|RESOURCE|ENABLE|DISABLE|WITH|RETRY_OPTIONS|REPLACE|IGNORE|SKIP|STOP_ON_ERROR|FORMAT)$/i;

/** A text that is the name of a link and nothing else, as catalogues print it; `null` when it is none. */
export function linkNamed(text: string, database: string): QualifiedName | null {
  const all = [...tokens(text)];
  const names = nameAfter(all, 0);
  return names?.end === all.length ? inFull(names, database) : null;
}

const inFull = ({ parts: [first, second] }: NameFound, database: string): QualifiedName =>
  second === undefined ? qualified(database, first) : qualified(first, second);

interface NameFound {
  readonly parts: readonly [string, string?];
  /** Index of the token after it. */
  readonly end: number;
}

/** `name` or `database.name` from this token on. Servers print plain names bare, so a bare one ends only at a space, a dot or a quote. */
function nameAfter(all: readonly Token[], from: number): NameFound | null {
  const parts: string[] = [];
  let at = from;
  for (;;) {
    const token = all[at];
    if (token === undefined || (token.kind !== 'word' && token.kind !== 'identifier')) return null;
    let name = token.text;
    at += 1;
    if (token.kind === 'word') for (; isBarePart(all[at]); at += 1) name += all[at]?.text ?? '';
    parts.push(name);
    if (!isSymbol(all[at], '.')) break;
    at += 1;
  }
  const [first, second, ...more] = parts;
  // anything else here means that this was no name of a form we know: better unreadable than wrong
  if (!first || second === '' || more.length > 0 || all[at]?.kind === 'symbol') return null;
  return { parts: second === undefined ? [first] : [first, second], end: at };
}

const isSymbol = (token: Token | undefined, text: string): boolean =>
  token?.kind === 'symbol' && text.includes(token.text);

const isBarePart = (token: Token | undefined): boolean =>
  token?.adjacent === true && (token.kind === 'word' || (token.kind === 'symbol' && !isSymbol(token, '.(),;')));

/**
 * What a pipeline's state means to a rotation.
 *
 * `running`: stopped by us before a change, started after it. `resting`: left as it is; a link can be changed under it.
 * `busy`: belongs to somebody's session: the link is not touched, and neither is it. `unknown`: a word that nobody has
 * documented: the same, unless we have just sent it a STOP; then it is on its way.
 */
export type Activity = 'running' | 'resting' | 'busy' | 'unknown';

/** States: facts, singlestore, section 4.4. The catalogue's letter case is not relied on. */
export function activityOf(state: string): Activity {
  switch (state.toLowerCase()) {
    case 'running':
      return 'running';
    case 'stopped':
    case 'error':
    case 'detached':
      return 'resting';
    case 'running...foreground':
    case 'testing':
    case 'profiling':
      return 'busy';
    default:
      return 'unknown';
  }
}

export const isStopped = (state: string | undefined): boolean => state?.toLowerCase() === 'stopped';
export const isInError = (state: string | undefined): boolean => state?.toLowerCase() === 'error';
