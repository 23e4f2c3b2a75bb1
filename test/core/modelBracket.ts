import fc from 'fast-check';
import { next, type Action, type Situation } from '../../lambda/core/bracket';
import type { ErrorCode } from '../../lambda/core/errors';
import type { QualifiedName } from '../../lambda/core/names';
import { pipeline } from './situations';

/** `late`: the answer is lost, and the statement comes into effect some time, unless its connection is gone by then. */
type Fate = 'done' | 'refused' | 'lost' | 'late';

/** What goes on around one action. */
interface Turn {
  readonly others: { readonly does: 'start' | 'stop' | 'drop' | 'remake'; readonly to: number } | null;
  /** Whether late statements come into effect before the action. */
  readonly lands: boolean;
  /** One for each statement of the action, in turn. */
  readonly fates: readonly Fate[];
  readonly dies: 'before' | 'after' | null;
}
interface Found {
  readonly name: QualifiedName;
  readonly state: 'Running' | 'Stopped' | 'Error' | 'Detached' | 'Testing';
  /** In Error because of credentials of ours. */
  readonly driven: boolean;
}

/** `null`, but once in so many. */
const rarely = <T>(once: number, arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> =>
  fc.oneof({ weight: once - 1, arbitrary: fc.constant(null) }, { weight: 1, arbitrary });
const found = fc
  .constantFrom<Found['state'] | 'driven'>('Running', 'Running', 'Running', 'Stopped', 'Error', 'Detached', 'driven')
  .map((is): Omit<Found, 'name'> =>
    is === 'driven' ? { state: 'Error', driven: true } : { state: is, driven: false },
  );
export const worlds = fc
  .tuple(fc.array(found, { maxLength: 4 }), fc.integer({ min: 0, max: 9 }))
  .map(([all, busy]): Found[] =>
    [...all, ...(busy === 0 ? [{ state: 'Testing' as const, driven: false }] : [])].map((one, at) => ({
      ...one,
      name: pipeline(`p${at}`),
    })),
  );
export const turns = fc.array(
  fc.record<Turn>({
    others: rarely(4, fc.record({ does: fc.constantFrom('start', 'start', 'stop', 'drop', 'remake'), to: fc.nat(4) })),
    lands: fc.boolean(),
    fates: fc.array(fc.constantFrom<Fate>('done', 'done', 'done', 'refused', 'lost', 'late'), { maxLength: 3 }),
    dies: rarely(12, fc.constantFrom('before', 'after')),
  }),
  { maxLength: 30 },
);
const calm: Turn = { others: null, lands: true, fates: [], dies: null };

interface Pipeline {
  /** One made anew under the name has another. */
  readonly id: number;
  state: string;
  driven: boolean;
  /** Stopped by us, and not started by anybody since. */
  paused: boolean;
  /** It ran at some time: it was found running, or was started since. */
  ran: boolean;
}

interface Run {
  situation: Situation;
  promises: number;
  stops: number;
  alters: number;
  /** Which pipeline bore each name at the last look. */
  seen: ReadonlyMap<QualifiedName, number>;
  /** Pipelines in Error of which the run has found out why. */
  judged: Set<QualifiedName>;
}

/** A cluster, a journal and the runs that work on them one after another, all driven by `next` alone. Throws when a promise is broken. */
export class ModelBracket {
  readonly #pipelines: Map<QualifiedName, Pipeline>;
  readonly #users: ReadonlySet<QualifiedName>;
  readonly #script: Turn[];
  readonly #bound: number;
  readonly #journal = { open: false, members: new Map<QualifiedName, number>(), connections: new Set<number>() };
  /** Statements whose answer was lost and that may still act, by connection. */
  readonly #pending = new Map<number, { readonly is: string; readonly act: () => void }>();
  #connection = 1;
  #made = 0;
  #run: Run;
  changed = false;
  stops = 0;

  constructor(world: readonly Found[], script: readonly Turn[]) {
    this.#pipelines = new Map(
      world.map(({ name, state, driven }) => [
        name,
        { id: this.#newId(), state, driven, paused: false, ran: state === 'Running' },
      ]),
    );
    this.#users = new Set(this.#pipelines.keys());
    this.#script = [...script];
    this.#bound = script.length + 40;
    const driven = new Set(world.filter((one) => one.driven).map(({ name }) => name));
    this.#run = this.#begin({ aim: 'change', driven });
  }

  leftPaused(): QualifiedName[] {
    return [...this.#pipelines].filter(([, { paused }]) => paused).map(([name]) => name);
  }
  statesNow(): ReadonlyMap<QualifiedName, string> {
    return new Map([...this.#pipelines].map(([name, { state }]) => [name, state]));
  }

  runToTheEnd(): void {
    for (let actions = 0; ; actions += 1) {
      must(actions < this.#bound, 'it comes to an end');
      const turn = this.#script.shift() ?? calm;
      this.#meanwhile(turn);
      const action = next(this.#run.situation);
      if (turn.dies !== 'before') {
        this.#perform(action, [...turn.fates]);
        if (action.do === 'close' && turn.dies === null) return;
      }
      if (turn.dies === null) continue;
      if (!this.#journal.open) return; // nothing was paused, so there is nothing to resume
      this.#run = this.#begin({ aim: 'resume', unanswered: [...this.#journal.connections] });
    }
  }

  #begin(how: Pick<Situation, 'aim'> & Partial<Situation>): Run {
    const { open, members } = this.#journal;
    this.#connection += 1;
    const situation: Situation = {
      open,
      members: new Set(members.keys()),
      states: null,
      users: this.#users,
      driven: new Set(),
      owed: new Set(),
      remade: new Set(),
      change: 'pending',
      unanswered: [],
      killed: false,
      failure: null,
      ...how,
    };
    return { situation, promises: 0, stops: 0, alters: 0, seen: new Map(), judged: new Set(situation.driven) };
  }

  #meanwhile({ others, lands }: Turn): void {
    if (lands) for (const [connection, { act }] of this.#pending) if (this.#pending.delete(connection)) act();
    const name = others === null ? undefined : [...this.#pipelines.keys()][others.to];
    if (others === null || name === undefined) return;
    if (others.does === 'drop') this.#pipelines.delete(name);
    else if (others.does === 'remake')
      this.#pipelines.set(name, { id: this.#newId(), state: 'Stopped', driven: false, paused: false, ran: false });
    else if (others.does === 'start') this.#start(name);
    else this.#stop(name, { paused: false });
  }

  #newId = (): number => (this.#made += 1);

  #stop(name: QualifiedName, how: { paused: boolean }): void {
    const at = this.#pipelines.get(name);
    if (at?.state === 'Running') Object.assign(at, { state: 'Stopped', ...how });
  }
  #start(name: QualifiedName): void {
    const at = this.#pipelines.get(name);
    if (at !== undefined && at.state !== 'Testing')
      Object.assign(at, { state: 'Running', paused: false, driven: false, ran: true });
  }

  #set(change: Partial<Situation>): void {
    this.#run.situation = { ...this.#run.situation, ...change };
  }
  #fail(code: ErrorCode): void {
    const { failure } = this.#run.situation;
    this.#set({ failure: failure ?? { code, what: 'in the model' }, states: null });
  }

  /** Sends a statement. An unanswered one takes its connection with it; a connection stands in the journal before it is used. */
  #send(is: string, fate: Fate, act: () => boolean): Fate {
    const connection = this.#connection;
    if (fate === 'done') return act() ? 'done' : 'refused';
    if (fate === 'refused') return fate;
    if (fate === 'late') this.#pending.set(connection, { is, act });
    this.#journal.connections.add(connection);
    this.#connection += 1;
    this.#set({ unanswered: [...this.#run.situation.unanswered, connection], killed: false });
    return fate;
  }

  #perform(action: Action, fates: Fate[]): void {
    const run = this.#run;
    const { states, driven } = run.situation;
    const fate = (): Fate => fates.shift() ?? 'done';
    switch (action.do) {
      case 'look':
        run.seen = new Map([...this.#pipelines].map(([name, { id }]) => [name, id]));
        this.#set({
          states: this.statesNow(),
          remade: new Set(
            [...run.seen].filter(([name, id]) => (this.#journal.members.get(name) ?? id) !== id).map(([name]) => name),
          ),
        });
        for (const name of this.#journal.members.keys()) {
          const at = this.#pipelines.get(name);
          if (at?.state !== 'Error' || run.judged.has(name)) continue;
          run.judged.add(name);
          if (at.driven) this.#set({ driven: new Set([...run.situation.driven, name]) });
        }
        return;
      case 'promise':
        run.promises += 1;
        if (run.promises > 4) {
          this.#fail('NEWCOMERS');
          return;
        }
        this.#journal.open = true;
        for (const name of action.pipelines) this.#journal.members.set(name, run.seen.get(name) ?? 0);
        this.#set({
          open: true,
          members: new Set(this.#journal.members.keys()),
          remade: new Set([...run.situation.remade].filter((name) => !action.pipelines.includes(name))),
        });
        return;
      case 'stop': {
        run.stops += 1;
        this.#set({ unanswered: [], states: null });
        for (const name of action.pipelines) {
          const meant = run.seen.get(name);
          must(this.#journal.open && this.#journal.members.get(name) === meant, `${name} was promised before its STOP`);
          must(states?.get(name) === 'Running', `${name} was seen running before its STOP`);
          this.stops += 1;
          const ended = this.#send('STOP', fate(), () => {
            // another that bears the name since the look is met by chance: what is known of it then is not modelled
            this.#stop(name, { paused: this.#pipelines.get(name)?.id === meant });
            return this.#pipelines.has(name);
          });
          if (ended === 'lost' || ended === 'late') this.#fail('STOP_UNANSWERED');
        }
        if (run.stops > 5) this.#fail('DRAIN_EXCEEDED');
        return;
      }
      case 'alter': {
        for (const user of this.#users) must(states?.get(user) !== 'Running', `no ALTER while ${user} is seen running`);
        for (const { is } of this.#pending.values()) must(is !== 'ALTER', 'no ALTER while another one may still act');
        must(this.#journal.open, 'the journal says that the link may hold either version');
        const ended = this.#send('ALTER', fate(), () => {
          const free = [...this.#pipelines.values()].every(({ state }) => state !== 'Running' && state !== 'Testing');
          this.changed ||= free;
          return free;
        });
        if (ended === 'done') {
          this.#set({ change: 'made' });
          return;
        }
        run.alters += 1;
        this.#set({ states: null });
        if (run.alters >= 3) this.#fail(ended === 'refused' ? 'ALTER_REFUSED' : 'ALTER_UNANSWERED');
        return;
      }
      case 'start': {
        this.#set({ states: null });
        for (const name of action.pipelines) {
          const at = this.#pipelines.get(name);
          must(this.#journal.members.has(name), `${name} was promised before its START`);
          must(
            at?.id !== run.seen.get(name) || at?.ran === true || driven.has(name),
            `${name} was found at rest and is left at rest`,
          );
          const ended = this.#send('START', fate(), () => {
            this.#start(name);
            return this.#pipelines.has(name);
          });
          if (ended === 'done')
            this.#set({ driven: new Set([...this.#run.situation.driven].filter((one) => one !== name)) });
        }
        return;
      }
      case 'kill': {
        const ended = fate() === 'done';
        if (ended) for (const connection of action.connections) this.#pending.delete(connection);
        this.#set({ unanswered: ended ? [] : action.connections, killed: true, states: null });
        return;
      }
      case 'give up':
        this.#fail(action.failure.code);
        return;
      case 'close':
        for (const { is } of this.#pending.values()) must(false, `no ${is} may still act after the close`);
        must(this.leftPaused().length === 0, `${this.leftPaused().join()} runs again at the close`);
        this.#journal.open = false;
    }
  }
}

function must(holds: boolean, claim: string): void {
  if (!holds) throw new Error(`broken: ${claim}`);
}
