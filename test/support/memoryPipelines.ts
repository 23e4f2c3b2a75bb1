import { Credentials } from '../../lambda/core/credentials';
import { partsOf, quoteIdentifier, type QualifiedName } from '../../lambda/core/names';
import type { Identity } from '../../lambda/core/pipeline';
import type { PipelineError } from '../../lambda/ports';

export interface MemoryLink {
  readonly name: QualifiedName;
  type: string;
  config: string;
  /** JSON text. */
  credentials: string;
}

/** How a pipeline behaves; everything has a default. Times in milliseconds. */
export interface PipelineTraits {
  /** How long STOP waits for the batch in progress; `Infinity`: it never ends. Default 50. */
  drainMs: number;
  /** How long its batches took before, as the server remembers. Default `null`: as long as `drainMs`. */
  usualMs: number | null;
  /** How long after STOP has answered STATE follows. Default 0. */
  lagMs: number;
  /** From START to the end of the first batch. Default 500. */
  loadMs: number;
  /** From batch to batch. Default 1,000. */
  batchMs: number;
  /** Default true: a batch that fails puts the pipeline into Error. */
  stopOnError: boolean;
  /** Nothing new to read: batches leave no trace (facts: singlestore, section 5). Default false. */
  idle: boolean;
  /** Batches fail for a reason of their own. Default null. */
  fault: { readonly code: number; readonly message: string } | null;
  /** START and STOP are refused with this number. Default null. */
  refuses: number | null;
  /** `SHOW CREATE PIPELINE`; default: as its link and path say. */
  definition: string;
}

export interface MemoryPipeline extends PipelineTraits {
  readonly name: QualifiedName;
  /** The link it reads through; null: inline credentials that are always good. */
  link: QualifiedName | null;
  readonly path: string;
  /** What the catalogue shows of it, where it does. */
  identity: Identity;
  state: string;
  /** When the next batch ends; null while it does not run. */
  nextBatchAt: number | null;
  ended: number;
  succeeded: number;
  /** A STOP was answered, and STATE does not say so yet. */
  stopping: boolean;
}

export type PipelineSpec = Partial<PipelineTraits> & {
  readonly name: QualifiedName;
  readonly link?: QualifiedName | null;
  /** Begins with the bucket. */
  readonly path?: string;
  /** Default Running. */
  readonly state?: string;
};

/** A change of a pipeline's state, as it happened. */
export interface Transition {
  readonly at: number;
  readonly pipeline: QualifiedName;
  readonly from: string;
  readonly to: string;
  /** A connection id, `server`, or `somebody`. */
  readonly by: number | 'server' | 'somebody';
}

/** A change of a link's credentials. */
export interface Alteration {
  readonly at: number;
  readonly link: QualifiedName;
  /** A connection id, or `somebody`. */
  readonly by: number | 'somebody';
}

/** Why a source does not take credentials; null: it takes them. */
export type Source = (credentials: string, bucket: string, at: number) => string | null;

export const isRunning = ({ state }: MemoryPipeline): boolean => runningStates.has(state);
/** States in which the vendor says that a pipeline runs (facts: singlestore, sections 1.2 and 4.4). */
const runningStates = new Set(['Running', 'Running...Foreground', 'Testing', 'Profiling']);
const cannotList = 'ER_EXTRACTOR_EXTRACTOR_GET_LATEST_OFFSETS: Cannot get source metadata for pipeline. ';

/** The links and pipelines of a cluster. Batches are counted when somebody looks: `settle` brings everything up to now. */
export class MemoryPipelines {
  readonly links = new Map<QualifiedName, MemoryLink>();
  readonly pipelines = new Map<QualifiedName, MemoryPipeline>();
  readonly errors: PipelineError[] = [];
  readonly transitions: Transition[] = [];
  /** Changes of links' credentials, as they happened. */
  readonly alterations: Alteration[] = [];
  /** Grows with every change of a link, a connection or the list of pipelines; those of states are in `transitions`. */
  protected changes = 0;
  /** Whether the catalogue tells pipelines of one name apart. */
  showsIdentities = true;
  #made = 0;
  /** Before this no batch ends. */
  #dueAt = -Infinity;

  constructor(
    readonly now: () => number,
    readonly source: Source,
  ) {}

  add(spec: PipelineSpec): MemoryPipeline {
    const { link = null, path = 'bucket/data/*', state = 'Running' } = spec;
    const { name } = partsOf(spec.name);
    const from = link === null ? `S3 '${path}'` : `LINK ${link} '${path}'`;
    const pipeline: MemoryPipeline = {
      ...{
        drainMs: 50,
        usualMs: null,
        lagMs: 0,
        loadMs: 500,
        batchMs: 1_000,
        stopOnError: true,
        idle: false,
        fault: null,
        refuses: null,
      },
      definition: `CREATE PIPELINE ${quoteIdentifier(name)} AS LOAD DATA ${from} INTO TABLE \`t\``,
      ...{ ended: 10, succeeded: 10 },
      ...spec,
      ...{ link, path, state, nextBatchAt: null, stopping: false },
      identity: { id: String((this.#made += 1)), createdAt: String(this.now()) },
    };
    if (state === 'Running') pipeline.nextBatchAt = this.now() + pipeline.loadMs;
    this.#dueAt = Math.min(this.#dueAt, pipeline.nextBatchAt ?? Infinity);
    this.pipelines.set(pipeline.name, pipeline);
    this.changes += 1;
    return pipeline;
  }

  get version(): number {
    return this.changes + this.transitions.length;
  }

  /** A person drops a pipeline. */
  drop(name: QualifiedName): void {
    this.settle();
    this.changes += 1;
    this.pipelines.delete(name);
  }

  /** A person drops a pipeline and makes it anew. */
  remake(name: QualifiedName, state: string): MemoryPipeline {
    const { link = null, path = '' } = this.pipelines.get(name) ?? {};
    this.drop(name);
    return Object.assign(this.add({ name, link, path, state }), { ended: 0, succeeded: 0 });
  }

  /** A person makes a pipeline with OR REPLACE over one that is there: it is altered, and counts as created now (facts: singlestore, section 4.5). */
  replace(pipeline: MemoryPipeline): void {
    this.changes += 1;
    pipeline.identity = { ...pipeline.identity, createdAt: String(this.now()) };
  }

  /** A person moves a pipeline to another link, as it is. */
  relink(pipeline: MemoryPipeline, link: QualifiedName): void {
    this.settle();
    this.changes += 1;
    pipeline.link = link;
    pipeline.definition = pipeline.definition.replace(/LINK \S+/, `LINK ${link}`);
  }

  /** A person gives a link other credentials. */
  alterByHand(name: QualifiedName, credentials: string): void {
    this.settle();
    this.changes += 1;
    const link = this.links.get(name);
    if (link !== undefined) link.credentials = credentials;
    this.alterations.push({ at: this.now(), link: name, by: 'somebody' });
  }

  /** By name, up to date. */
  get(name: QualifiedName): MemoryPipeline | undefined {
    this.settle();
    return this.pipelines.get(name);
  }

  set(pipeline: MemoryPipeline, state: string, by: Transition['by'], at = this.now()): void {
    const from = pipeline.state;
    if (from === state) return;
    pipeline.state = state;
    pipeline.nextBatchAt = state === 'Running' ? at + pipeline.loadMs : null;
    this.#dueAt = Math.min(this.#dueAt, pipeline.nextBatchAt ?? Infinity);
    this.transitions.push({ at, pipeline: pipeline.name, from, to: state, by });
  }

  /** Whether a pipeline of any database that reads through the link is in a running state. */
  inUse(link: QualifiedName): boolean {
    this.settle();
    return [...this.pipelines.values()].some((pipeline) => pipeline.link === link && isRunning(pipeline));
  }

  /** A batch that fails. */
  fail(pipeline: MemoryPipeline, code: number, message: string, at: number): void {
    const batch = (pipeline.ended += 1);
    this.errors.push({ pipeline: pipeline.name, at: at / 1000, batch, code, message: new Credentials(message) });
  }

  settle(): void {
    if (this.now() < this.#dueAt) return;
    this.#dueAt = Infinity;
    for (const pipeline of this.pipelines.values()) {
      while (pipeline.nextBatchAt !== null && pipeline.nextBatchAt <= this.now())
        this.#load(pipeline, pipeline.nextBatchAt);
      this.#dueAt = Math.min(this.#dueAt, pipeline.nextBatchAt ?? Infinity);
    }
  }

  /** The batch that ends at `at`. Once the source takes the credentials, it takes them until something is changed, and that settles first. */
  #load(pipeline: MemoryPipeline, at: number): void {
    const problem = pipeline.fault ?? this.#sourceProblem(pipeline, at);
    if (problem === null) {
      const batches = Math.floor((this.now() - at) / pipeline.batchMs) + 1;
      pipeline.nextBatchAt = at + batches * pipeline.batchMs;
      if (!pipeline.idle) pipeline.succeeded = pipeline.ended += batches;
      if (batches > 1) this.#sourceProblem(pipeline, pipeline.nextBatchAt - pipeline.batchMs); // its credentials were used until then
      return;
    }
    this.fail(pipeline, problem.code, problem.message, at);
    if (pipeline.stopOnError) this.set(pipeline, 'Error', 'server', at);
    else pipeline.nextBatchAt = at + pipeline.batchMs;
  }

  #sourceProblem(pipeline: MemoryPipeline, at: number): { code: number; message: string } | null {
    if (pipeline.link === null) return null;
    const link = this.links.get(pipeline.link);
    const problem =
      link === undefined ? 'no such link' : this.source(link.credentials, pipeline.path.split('/')[0] ?? '', at);
    return problem === null ? null : { code: 1933, message: cannotList + problem };
  }
}
