import type { RequestInfo } from '../../standins/aws/server';
import type { StatementInfo } from '../../standins/singlestore';

/**
 * `before`: the process dies when its request has arrived, and nothing is done about it. `after`: the server has acted,
 * and the process dies before the answer leaves.
 */
export const moments = ['before', 'after'] as const;
export type Moment = (typeof moments)[number];

/**
 * Where to kill. A point is one request of the function. It is known by the step, what is asked, and its ordinal among
 * those: parallel requests come in another order each time, so a number in one row would name another request each time.
 */
export interface Kill {
  readonly point: string;
  readonly moment: Moment;
}

/** Every request of the function passes here, on its way in and before its answer goes out. */
export class Gate {
  /** Points of this run in the order of their arrival. */
  readonly points: string[] = [];
  #step = '';
  #kill: Kill | undefined;
  #killed = false;
  readonly #counts = new Map<string, number>();

  /**
   * @param end ends the process with signal 9, and resolves when it is dead
   * @param look is called at each arrival: between two of them nothing of the function's changes
   */
  constructor(
    private readonly end: () => Promise<void>,
    private readonly look: () => void,
  ) {}

  /** Whether the process was killed where it was to be. */
  get killed(): boolean {
    return this.#killed;
  }

  /** A new run. @param kill none: undisturbed */
  begin(kill: Kill | undefined): void {
    this.#kill = kill;
    this.#killed = false;
    this.#step = '';
    this.points.length = 0;
    this.#counts.clear();
  }

  /** What the function is called for from now on. */
  step(name: string): void {
    this.#step = name;
  }

  /** A request has arrived. @returns its point, and whether the server is to act */
  async arrive(what: string): Promise<{ readonly point: string; readonly goOn: boolean }> {
    this.look();
    const subject = `${this.#step}: ${what}`;
    const ordinal = (this.#counts.get(subject) ?? 0) + 1;
    this.#counts.set(subject, ordinal);
    const point = `${subject} #${ordinal}`;
    this.points.push(point);
    return { point, goOn: await this.#pass(point, 'before') };
  }

  /** The server has acted. @returns whether its answer may go */
  async leave(point: string): Promise<boolean> {
    this.look();
    return this.#pass(point, 'after');
  }

  async #pass(point: string, moment: Moment): Promise<boolean> {
    if (this.#killed || point !== this.#kill?.point || moment !== this.#kill.moment) return true;
    this.#killed = true;
    await this.end();
    return false;
  }
}

/** What a request to AWS asks for, in words that are the same in each run. */
export function requestInWords({ service, action, resource = '', prefix = '' }: RequestInfo): string {
  const secret = /secret:(.*)-\w{6}$/.exec(resource)?.[1];
  return [service, action, secret, prefix].filter((word) => word !== undefined && word !== '').join(' ');
}

/** Pipelines read S3 as well, with the same keys; only the function asks for one object at most. */
export const isOfFunction = ({ service, parameters }: RequestInfo): boolean =>
  service !== 's3' || parameters.includes('max-keys');

/** What a statement asks for: without literals, names made by chance, quotes and what is too long to read. */
export const statementInWords = ({ normalized }: Pick<StatementInfo, 'normalized'>): string =>
  normalized
    .replaceAll('`', '')
    .replace(/probe_[\w-]+/g, 'probe')
    .replace(/\s*\.\s*/g, '.')
    .slice(0, 90);

/** Whether all that the server does is to answer: to die behind that is to die before whatever comes next. */
export const isQuestion = (point: string): boolean =>
  /: (\d+ )?(login|SELECT|SHOW|USE|\w+ LINK \S+\.probe|dynamodb (Get|Query)|secretsmanager (Get|Describe)|iam (Get|List)|sts |s3 )/.test(
    point,
  );
