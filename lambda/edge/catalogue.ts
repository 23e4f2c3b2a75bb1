import { Credentials } from '../core/credentials';
import type { BatchHistory } from '../core/expect';
import { qualified, type QualifiedName } from '../core/names';
import { linkNamed, type Identity, type PipelineRow } from '../core/pipeline';
import { tokens } from '../core/sql';
import type { BatchMarks, LinkedFunction, LinkRow, PipelineError } from '../ports';
import type { Row } from './session';

/*
 * Rows of information_schema as the ports' types. Columns are known by name: their number and order differ between
 * versions (facts: singlestore, section 4.5).
 */

const text = (row: Row, column: string): string => row[column] ?? '';
const number = (row: Row, column: string): number => Number(row[column] ?? 0);
const pipelineOf = (row: Row): QualifiedName => qualified(text(row, 'database_name'), text(row, 'pipeline_name'));

export const pipelinesOf = (rows: readonly Row[]): readonly PipelineRow[] =>
  rows.map((row) => ({ pipeline: pipelineOf(row), state: text(row, 'state'), ...identityOf(row) }));

/** The journal keeps it, so it is short and plain, or it is none. Its type may differ between servers: all arrives as text. */
function identityOf(row: Row): { readonly identity?: Identity } {
  const [id, createdAt] = ['pipeline_id', 'create_time'].map((column) => text(row, column));
  const isPlain = (value: string | undefined): value is string => /^[\w.:+-][\w .:+-]{0,39}$/.test(value ?? '');
  return isPlain(id) ? { identity: { id, createdAt: isPlain(createdAt) ? createdAt : null } } : {};
}

/** The server may compare names without regard to case; databases differ by it. */
export const linksOf = (rows: readonly Row[], database: string): readonly LinkRow[] =>
  rows
    .filter((row) => row['database_name'] === database)
    .map((row) => ({
      link: qualified(database, text(row, 'link')),
      type: text(row, 'type'),
      description: text(row, 'description'),
      config: text(row, 'config'),
    }));

/** CONFIG in the answer to SHOW CREATE LINK (facts: singlestore, section 1.5); empty when it shows none. */
export function configOf(rows: readonly Row[]): string {
  const all = [...tokens(definitionOf(rows))];
  const at = all.findIndex(({ kind, text: word }) => kind === 'word' && word.toUpperCase() === 'CONFIG');
  const value = at < 0 ? undefined : all[at + 1];
  return value?.kind === 'string' ? value.text : '';
}

/** The texts of SHOW GRANTS, one a row. */
export const grantsOf = (rows: readonly Row[]): readonly string[] => rows.map((row) => Object.values(row)[0] ?? '');

/** The server's own databases hold neither links nor pipelines of anybody. */
const serversOwn = /^(?:information_schema|memsql|cluster|mysql|sys)?$/i;

export const databasesOf = (rows: readonly Row[]): readonly string[] =>
  rows.map((row) => row['database'] ?? Object.values(row)[0] ?? '').filter((name) => !serversOwn.test(name));

/** The first column is the name; the link is found by its column's name, else in the last one (facts: singlestore, section 4.6). */
export const functionsOf = (rows: readonly Row[], database: string): readonly LinkedFunction[] =>
  rows.flatMap((row) => {
    const [name, ...others] = Object.values(row);
    const link = linkNamed(row['link'] ?? others.at(-1) ?? '', database);
    return name === undefined || name === null || link === null ? [] : [{ name: qualified(database, name), link }];
  });

/** Batch states: facts, singlestore, section 4.5. */
export function batchMarksOf(rows: readonly Row[]): ReadonlyMap<QualifiedName, BatchMarks> {
  const marks = new Map<QualifiedName, BatchMarks>();
  for (const row of rows) {
    const pipeline = pipelineOf(row);
    const id = number(row, 'batch_id');
    const state = text(row, 'batch_state').toLowerCase();
    const { ended, succeeded } = marks.get(pipeline) ?? { ended: 0, succeeded: 0 };
    marks.set(pipeline, {
      ended: state === 'in progress' || state === 'queued' ? ended : Math.max(ended, id),
      succeeded: state === 'succeeded' ? Math.max(succeeded, id) : succeeded,
    });
  }
  return marks;
}

/** Columns may be absent, or hold no numbers: what is not known is null. A batch of less than its clock shows took 0 s. */
export function batchHistoryOf(rows: readonly Row[]): ReadonlyMap<QualifiedName, BatchHistory> {
  const found = new Map<QualifiedName, BatchHistory>();
  const ms = (seconds: string | null | undefined): number | null => {
    const found = seconds === null || seconds === undefined || seconds === '' ? NaN : Number(seconds) * 1_000;
    return Number.isFinite(found) && found >= 0 ? found : null;
  };
  for (const row of rows) {
    const pipeline = pipelineOf(row);
    const known = found.get(pipeline) ?? { inProgress: false, batches: 0, medianMs: null, slowestMs: null };
    const state = text(row, 'batch_state').toLowerCase();
    if (state === 'in progress') found.set(pipeline, { ...known, inProgress: true });
    else if (state === 'succeeded') {
      const [batches, slowestMs] = [number(row, 'batches'), ms(row['slowest'])];
      if (batches > 0 && slowestMs !== null)
        found.set(pipeline, { ...known, batches, slowestMs, medianMs: ms(row['middle']) });
      else found.set(pipeline, known);
    } else found.set(pipeline, known);
  }
  return found;
}

/** A server variable that is ON or OFF, in whichever spelling; `null`: anything else. */
export function switchOf(rows: readonly Row[]): boolean | null {
  const said = (Object.values(rows[0] ?? {})[0] ?? '').toUpperCase();
  if (said === 'ON' || said === '1') return true;
  return said === 'OFF' || said === '0' ? false : null;
}

export const newestErrorOf = (rows: readonly Row[]): number =>
  rows.reduce((newest, row) => Math.max(newest, number(row, 'error_unix_timestamp')), 0);

/** Asks once more what the server was asked: it may count time finer than a number does. */
export const errorsOf = (rows: readonly Row[], mark: number): readonly PipelineError[] =>
  rows
    .filter((row) => text(row, 'error_type').toLowerCase() !== 'warning' && number(row, 'error_unix_timestamp') > mark)
    .map((row) => ({
      pipeline: pipelineOf(row),
      at: number(row, 'error_unix_timestamp'),
      batch: row['batch_id'] === null || row['batch_id'] === undefined ? null : number(row, 'batch_id'),
      code: number(row, 'error_code'),
      message: new Credentials(text(row, 'error_message')),
    }))
    .sort((a, b) => a.at - b.at);

/** By the column's name, else the second one. Nothing recognisable is an empty text, which shows no source and so hides one. */
export function definitionOf(rows: readonly Row[]): string {
  const [row = {}] = rows;
  return row['create pipeline'] ?? row['create link'] ?? Object.values(row)[1] ?? '';
}

/**
 * The connections of the user who asks. `asking` is the connection that asked: its row says how the server spells that
 * user.
 *
 * @returns `null` when the list does not show that connection, so it cannot be told who is missing from it.
 */
export function ownConnectionsOf(rows: readonly Row[], asking: number): ReadonlySet<number> | null {
  const own = rows.find((row) => number(row, 'id') === asking);
  if (own === undefined) return null;
  return new Set(rows.filter((row) => row['user'] === own['user']).map((row) => number(row, 'id')));
}
