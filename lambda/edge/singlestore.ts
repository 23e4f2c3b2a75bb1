import { Credentials } from '../core/credentials';
import type { BatchHistory } from '../core/expect';
import { grantsNaming, grantsPrivilege } from '../core/grants';
import { RotationError } from '../core/errors';
import { partsOf, type QualifiedName } from '../core/names';
import type { PipelineRow } from '../core/pipeline';
import type {
  BatchMarks,
  Cluster,
  Clusters,
  ConnectionSecret,
  Grammar,
  Lane,
  LinkedFunction,
  LinkRow,
  PipelineError,
  Privilege,
} from '../ports';
import * as catalogue from './catalogue';
import { collectGarbage } from './garbage';
import { readGrammar, unwritable } from './grammar';
import { SessionLane } from './lane';
import { openSessions } from './opening';
import { ask, failureOf, obstacleTo, read, readDefinitions } from './reading';
import type { Row, Session } from './session';
import * as statements from './statements';
import type { Forms, Statement } from './statements';

/** What so many definitions leave behind is collected at once: otherwise it would be in the pause that follows. In a pause itself only those of newcomers are read. */
const many = 500;

/** MySQL's number for a connection that is not there. */
const unknownThread = 1094;

/** @param random a new random text for each call, for names that nobody has. */
export function openClusters({ random }: { readonly random: () => string }): Clusters {
  return {
    async open(connection, lanes) {
      const [watch, ...sessions] = await openSessions(connection, lanes + 1);
      return new LiveCluster(connection, watch, sessions, random);
    },
  };
}

class LiveCluster implements Cluster {
  readonly id: string;
  readonly #connection: ConnectionSecret;
  readonly #random: () => string;
  readonly #grammars = new Map<string, Grammar | null>();
  /** Statements that this server has refused, though it answers others that ask for the same. */
  readonly #refused = new Set<Statement>();
  #granted: Promise<readonly Row[] | null> | undefined;
  #watch: Session;
  #lanes: readonly SessionLane[];

  constructor(connection: ConnectionSecret, watch: Session, sessions: readonly Session[], random: () => string) {
    this.id = `${connection.host}:${connection.port}`;
    this.#connection = connection;
    this.#random = random;
    this.#watch = watch;
    this.#lanes = sessions.map((session) => new SessionLane(session));
  }

  get lanes(): readonly Lane[] {
    return this.#lanes;
  }

  connections(): readonly number[] {
    return this.#sessions().map(({ id }) => id);
  }

  async links(database: string): Promise<readonly LinkRow[]> {
    const rows = catalogue.linksOf(await this.#read(statements.listLinks(database)), database);
    return Promise.all(rows.map((row) => this.#withConfig(row)));
  }

  async pipelines(): Promise<readonly PipelineRow[]> {
    return catalogue.pipelinesOf(await this.#readBest(statements.listPipelines));
  }

  async definitions(pipelines: readonly QualifiedName[]): Promise<ReadonlyMap<QualifiedName, string>> {
    const sessions = this.#lanes.filter(({ alive }) => alive).map(({ session }) => session);
    const found = new Map<QualifiedName, string>();
    const refused = new Map<QualifiedName, RotationError>();
    for (const [pipeline, definition] of await readDefinitions(pipelines, sessions))
      if (typeof definition === 'string') found.set(pipeline, definition);
      else refused.set(pipeline, definition);
    // No number says for certain that a pipeline is gone; the list does.
    const listed = refused.size === 0 ? [] : await this.pipelines();
    for (const { pipeline } of listed) {
      const failure = refused.get(pipeline);
      if (failure !== undefined) throw failure;
    }
    if (pipelines.length >= many) collectGarbage();
    return found;
  }

  async grammar(link: LinkRow): Promise<Grammar | null> {
    const { database } = partsOf(link.link);
    const known = this.#grammars.get(database);
    if (known !== undefined) return known;
    const mayCreate = await this.#shows('CREATE LINK', database);
    const grammar = await readGrammar(link, mayCreate, this.#random(), this.#watch);
    this.#grammars.set(database, grammar);
    return grammar;
  }

  async lacks(privilege: Privilege, database: string): Promise<RotationError | null> {
    // what the grants show is not asked for: a cluster may have many databases, and a START is not sent merely to ask
    if (privilege !== 'SHOW LINK' && (await this.#shows(privilege, database))) {
      if (privilege === 'SHOW PIPELINE') return null;
      const obstacle = await unwritable(database, this.#random(), this.#watch);
      if (obstacle !== undefined) return obstacle;
    }
    return obstacleTo(statements.probePrivilege(privilege, database, this.#random()), this.#watch);
  }

  async isGranted(database: string): Promise<boolean> {
    const rows = await this.#grants();
    return rows.some((row) => grantsNaming(row, database));
  }

  async databases(): Promise<readonly string[] | null> {
    const rows = await this.#readIfShown(statements.showDatabases);
    return rows === null ? null : catalogue.databasesOf(rows);
  }

  async functions(database: string): Promise<readonly LinkedFunction[] | null> {
    const rows = await this.#readIfShown(statements.showFunctions(database));
    return rows === null ? null : catalogue.functionsOf(rows, database);
  }

  preview(
    link: LinkRow,
    grammar: Grammar,
    pipelines: readonly QualifiedName[],
    changesConfig: boolean,
  ): readonly string[] {
    const change = { link: link.link, credentials: new Credentials('<redacted>'), grammar, existing: link };
    const all = [
      ...pipelines.map(statements.stopPipeline),
      statements.changeLink(changesConfig ? { ...change, config: '<merged>' } : change),
      ...pipelines.map(statements.startPipeline),
    ];
    return all.map(({ text }) => text.reveal());
  }

  async batches(): Promise<ReadonlyMap<QualifiedName, BatchMarks>> {
    return catalogue.batchMarksOf(await this.#readBest(statements.newestBatches));
  }

  async batchHistory(): Promise<ReadonlyMap<QualifiedName, BatchHistory> | null> {
    for (const form of statements.batchTimes) {
      const rows = await this.#readIfShown(form);
      if (rows !== null) return catalogue.batchHistoryOf(rows);
    }
    return null;
  }

  async stopsOnError(): Promise<boolean | null> {
    return catalogue.switchOf((await this.#readIfShown(statements.stopOnError)) ?? []);
  }

  async newestError(): Promise<number> {
    return catalogue.newestErrorOf(await this.#readBest(statements.newestErrors));
  }

  async errorsAfter(mark: number): Promise<readonly PipelineError[]> {
    return catalogue.errorsOf(await this.#read(statements.errorsAfter(mark)), mark);
  }

  async present(connections: readonly number[]): Promise<readonly number[]> {
    const own = catalogue.ownConnectionsOf(await this.#read(statements.showProcesses), this.#watch.id);
    if (own === null)
      throw new RotationError(
        'STATEMENT_REFUSED',
        `SHOW PROCESSLIST at ${this.id} does not show the connection that asks (${this.#watch.id}), so it cannot be told which are gone; none was ended. Connect to the master aggregator itself, not through a proxy.`,
      );
    return connections.filter((id) => own.has(id));
  }

  async kill(connection: number): Promise<void> {
    const statement = statements.killConnection(connection);
    const answer = await ask(this.#watch, statement);
    if (answer.is === 'rows' || (answer.is === 'refused' && answer.errno === unknownThread)) return;
    throw failureOf(answer, this.#watch, statement);
  }

  async reopen(): Promise<void> {
    const dead = this.#sessions().filter(({ alive }) => !alive).length;
    if (dead === 0) return;
    // a server that has no more to give leaves enough to act and to watch
    const fresh: Session[] = await openSessions(this.#connection, dead).catch(() =>
      openSessions(this.#connection, Math.min(dead, 2)),
    );
    if (!this.#watch.alive) this.#watch = fresh.pop() ?? this.#watch;
    this.#lanes = this.#lanes.map((lane) => {
      const session = lane.alive ? undefined : fresh.pop();
      return session === undefined ? lane : new SessionLane(session);
    });
  }

  async close(): Promise<void> {
    await Promise.all(this.#sessions().map((session) => session.close()));
  }

  #sessions(): readonly Session[] {
    return [this.#watch, ...this.#lanes.map(({ session }) => session)];
  }

  #read(statement: Statement): Promise<readonly Row[]> {
    return read(this.#watch, statement);
  }

  /** `null` where the server refuses to say. @throws CONNECTION_LOST */
  async #readIfShown(statement: Statement): Promise<readonly Row[] | null> {
    const answer = await ask(this.#watch, statement);
    if (answer.is === 'lost') throw failureOf(answer, this.#watch, statement);
    return answer.is === 'rows' ? answer.rows : null;
  }

  /** Asked once for each connection: a right that is taken away meanwhile is found by the statement that needs it. */
  async #grants(): Promise<readonly string[]> {
    this.#granted ??= this.#readIfShown(statements.showGrants);
    try {
      return catalogue.grantsOf((await this.#granted) ?? []);
    } catch (thrown) {
      this.#granted = undefined;
      throw thrown;
    }
  }

  async #shows(privilege: string, database: string): Promise<boolean> {
    return (await this.#grants()).some((row) => grantsPrivilege(row, privilege, database));
  }

  /** Nothing in the catalogue may mean that there is none, or that it is not told: a link that is replaced would lose it. */
  async #withConfig(row: LinkRow): Promise<LinkRow> {
    if (row.config !== '' || row.type.toUpperCase() === 'HTTP') return row;
    return { ...row, config: catalogue.configOf(await this.#read(statements.showCreateLink(row.link))) };
  }

  /** What this server has refused once is not asked again: in a pause each question counts. */
  async #readBest([form, ...others]: Forms): Promise<readonly Row[]> {
    const [next, ...rest] = others;
    if (next === undefined) return this.#read(form);
    if (this.#refused.has(form)) return this.#readBest([next, ...rest]);
    const answer = await ask(this.#watch, form);
    if (answer.is === 'rows') return answer.rows;
    if (answer.is === 'lost') throw failureOf(answer, this.#watch, form);
    const rows = await this.#readBest([next, ...rest]);
    this.#refused.add(form);
    return rows;
  }
}
