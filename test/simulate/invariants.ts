import type { MemoryKey } from '../support/memoryKeys';
import { isRunning, type MemoryPipeline, type Transition } from '../support/memoryPipelines';
import type { MemoryServer } from '../support/memoryServer';
import type { Trace } from '../support/points';
import type { MemoryWorld } from '../support/world';
import { Fences } from './fences';
import { Journal } from './journal';

/**
 * What must hold after every effect, and, where it is about the end, at the end.
 *
 * `a` the key in each link works, or its pipelines are in the journal; `b` the store holds what works; `c` no key that we
 * ended is under a label; `d` what we stopped is in the journal; `e` what was not running is not started by us; `f` at the
 * end nothing is left over; `g` no secret is put out; `h` a run ends as done, unchanged or with a person named; `i` no
 * statement with a secret is unparseable; `j` no key in a link was ended by us; `k` fences only grow; `l` no effect by
 * a holder whose fence on the link or the user is old, or was when it was asked for, or that was suspended until all was done; `m` a
 * scenario's own claim; `n` what a link holds is among what its record names.
 */
export type Invariant = 'a' | 'b' | 'c' | 'd' | 'e' | 'f' | 'g' | 'h' | 'i' | 'j' | 'k' | 'l' | 'm' | 'n';

export interface Violation {
  readonly invariant: Invariant;
  /** The call after whose effect it was seen; 0: at the end. */
  readonly point: number;
  readonly text: string;
}

/** No statement is under way for longer. Milliseconds. */
const statementMs = 10_000;

/** Looks at the servers' own state, never at what the product says of itself. */
export class Witness {
  readonly violations: Violation[] = [];
  readonly journal: Journal;
  /** Somebody else has had a hand in the store: then it is not ours to answer for what its labels say. */
  storeTouched = false;
  /** Where much fails nobody but the sleeper may have been able to finish: then fences alone judge what it does when it wakes. */
  judgesSleepers = true;
  #version = -1;
  /** The call whose effect is looked at, and how much had been written when it was sent. */
  #effect: (Pick<Trace, 'name' | 'holder'> & { readonly sentAt: number }) | null = null;
  readonly #seen = new Map<MemoryServer, { transitions: number; alterations: number; unparsed: number }>();
  readonly #stoppedBy = new Map<MemoryPipeline, Transition['by']>();
  readonly #started = new Map<MemoryPipeline, Pick<Transition, 'by' | 'at'>>();
  /** Pipelines that do not run because of us: stopped, or in Error because the source refused credentials that we had put there. */
  readonly #down = new Map<MemoryPipeline, MemoryServer>();
  /** Of those, the ones that came to it since the last look. */
  readonly #fresh = new Set<{ readonly server: MemoryServer; readonly pipeline: MemoryPipeline }>();
  readonly #alteredBy = new Map<string, number | 'somebody'>();
  readonly #fences: Fences;
  /** How much had been written when each call was sent; point n is at index n - 1. */
  readonly #sentAt: number[] = [];
  /** No rotation was under way when it was last looked. */
  #isOver = false;
  /** Who began then: to retire a key is what they came for. */
  readonly #idle = new Set<string>();
  readonly #keyStates = new Map<MemoryKey, string>();
  readonly #madeBy = new Map<MemoryKey, string>();
  readonly #buckets = new Map<string, { readonly layout: number; readonly buckets: readonly string[] }>();
  readonly #pairs = new Map<string, { readonly keyId: string; readonly secret: string } | null>();

  constructor(readonly world: MemoryWorld) {
    this.journal = new Journal(world);
    this.#fences = new Fences(world);
  }

  /** Before a call is sent. */
  sends(point: number): void {
    this.#sentAt[point - 1] = this.world.table.history.length;
    if (this.#isOver && this.world.traces[point - 1]?.first === true)
      this.#idle.add(this.world.traces[point - 1]?.holder ?? '');
  }

  /** After the effect of a call, or after something else that may have changed the world. */
  look(point: number, isEffect = false): void {
    const { world } = this;
    for (const server of world.servers.values()) server.settle();
    if (world.version === this.#version) return;
    this.#version = world.version;
    const rewritten = this.journal.look();
    this.#fresh.clear();
    const say = (invariant: Invariant, text: string): void => {
      this.violations.push({ invariant, point, text });
    };
    this.#fences.look((key, from, to) => {
      say('k', `the fence of ${key} fell from ${from} to ${to}`);
    });
    const trace = isEffect && world.traces[point - 1]?.changed === true ? world.traces[point - 1] : undefined;
    this.#effect = trace === undefined ? null : { ...trace, sentAt: this.#sentAt[point - 1] ?? 0 };
    for (const server of world.servers.values()) this.#changesOf(server, say);
    for (const server of world.servers.values()) this.#links(server, say);
    this.#userKeys(point, trace, say);
    this.#zombies(trace, say);
    this.#paused(rewritten, say);
    this.#store(say);
  }

  /** Pipelines that do not run because of us: stopped by us, or driven into Error by credentials of ours. */
  paused(): readonly string[] {
    return this.#ofUs().map(({ server, pipeline }) => `${pipeline.name} on ${server.id}`);
  }

  /** Some pipelines do not run because of us, and none of them is stopped. */
  isDrivenOnly(): boolean {
    const down = this.#ofUs();
    return down.length > 0 && down.every(({ pipeline }) => pipeline.state === 'Error');
  }

  #ofUs(): readonly { server: MemoryServer; pipeline: MemoryPipeline }[] {
    return [...this.#down]
      .filter(([pipeline, server]) => server.pipelines.get(pipeline.name) === pipeline)
      .map(([pipeline, server]) => ({ server, pipeline }));
  }

  #changesOf(server: MemoryServer, say: (invariant: Invariant, text: string) => void): void {
    const seen = this.#seen.get(server) ?? { transitions: 0, alterations: 0, unparsed: 0 };
    for (const transition of server.transitions.slice(seen.transitions)) this.#transition(server, transition, say);
    for (const { link, by } of server.alterations.slice(seen.alterations)) {
      this.#alteredBy.set(`${server.id}/${link}`, by);
      if (by !== 'somebody') this.#acts(server, by, link, `ALTER LINK ${link}`, say);
    }
    for (const statement of server.unparsed.slice(seen.unparsed)) say('i', `${statement} could not be parsed`);
    const { transitions, alterations, unparsed } = server;
    this.#seen.set(server, {
      transitions: transitions.length,
      alterations: alterations.length,
      unparsed: unparsed.length,
    });
  }

  #transition(
    server: MemoryServer,
    { at, pipeline: name, from, to, by }: Transition,
    say: (invariant: Invariant, text: string) => void,
  ): void {
    const pipeline = server.pipelines.get(name);
    if (pipeline === undefined) return;
    const before = this.#stoppedBy.get(pipeline);
    if (typeof by === 'number') {
      const promised = this.#promisedOn(server, pipeline);
      const link = promised ?? pipeline.link ?? '';
      this.#acts(server, by, link, `${to === 'Running' ? 'START' : 'STOP'} ${name}`, say);
      if (to === 'Running') {
        // somebody may have started what we paused, and it failed, while our START was on its way
        const started = this.#started.get(pipeline);
        const onItsWay = promised !== null && started?.by === 'somebody' && at - started.at <= statementMs;
        const ours =
          from === 'Stopped'
            ? typeof before === 'number' || this.#isMadeInPause(server, pipeline, promised)
            : onItsWay || this.#mayLeaveError(server, pipeline);
        if (!ours) say('e', `${name} on ${server.id} was ${from} by ${before ?? 'itself'} and was started by us`);
      }
    }
    this.#stoppedBy.set(pipeline, by);
    if (to === 'Running') this.#started.set(pipeline, { by, at });
    this.#down.delete(pipeline);
    const driven =
      to === 'Error' && this.#refused(server, pipeline) && this.#isAlteredByUs(server, pipeline.link ?? '');
    if (driven || (to === 'Stopped' && typeof by === 'number')) {
      this.#down.set(pipeline, server);
      this.#fresh.add({ server, pipeline });
    }
  }

  /** Made anew under a name that we had promised to start: which of the two our STOP met, nobody can know. */
  #isMadeInPause(server: MemoryServer, { identity }: MemoryPipeline, promisedOn: string | null): boolean {
    const record = this.journal.links.find(({ cluster, link }) => cluster === server.id && link === promisedOn);
    return (record?.bracket?.openedAt ?? Infinity) <= Number(identity.createdAt);
  }

  /** By credentials of ours, or because the definition says so. */
  #mayLeaveError(server: MemoryServer, pipeline: MemoryPipeline): boolean {
    if (this.#down.has(pipeline)) return true;
    const restarts = this.world.definitions.some(({ restartAfterCredentialError }) => restartAfterCredentialError);
    if (!this.#refused(server, pipeline)) return false;
    const named = this.journal.named.get(`${server.id}/${pipeline.link ?? ''}`)?.has(pipeline.name) === true;
    return restarts || named || this.#isAlteredByUs(server, pipeline.link ?? '');
  }

  #refused({ errors }: MemoryServer, { name }: MemoryPipeline): boolean {
    return errors.findLast(({ pipeline }) => pipeline === name)?.code === 1933;
  }

  #isAlteredByUs = (server: MemoryServer, link: string): boolean =>
    typeof this.#alteredBy.get(`${server.id}/${link}`) === 'number';

  /** Only who holds the lease acts, and nobody after somebody newer has acted. */
  #acts(
    server: MemoryServer,
    by: number,
    link: string,
    what: string,
    say: (invariant: Invariant, text: string) => void,
  ): void {
    const connection = server.connection(by);
    // a server that carries out a killed STOP does so for nobody: what it stops is watched, see `d`
    if (connection === undefined || (server.killedStop !== 'cancelled' && connection.goneAt !== Infinity)) return;
    const place = `${server.id}/${link}`;
    const fence = this.#fences.of(connection.holder, place);
    const highest = this.#fences.acted.get(place) ?? 0;
    if (fence === undefined) say('l', `${what} on ${server.id} by a holder that never had the lease of ${link}`);
    else if (fence < highest) say('l', `${what} on ${server.id} under fence ${fence} after ${highest} had acted`);
    else this.#fences.acted.set(place, fence);
    const call = this.#effect;
    if (fence === undefined || call?.holder !== connection.holder || !call.name.startsWith('lane.')) return;
    const passed = this.#fences.passedFrom(fence, place);
    if (passed !== undefined && call.sentAt >= passed.written)
      say('l', `${what} on ${server.id} was sent under fence ${fence} after ${link} passed to ${passed.fence}`);
  }

  /**
   * Nobody who had the lease of a user changes a key of theirs when it has passed to another. IAM knows no fence: what was on
   * its way by then, or was all that the holder had left to send, still arrives; whoever has asked anything since could have known.
   */
  #userKeys(point: number, trace: Trace | undefined, say: (invariant: Invariant, text: string) => void): void {
    const { traces, keys } = this.world;
    for (const key of keys.all) {
      const state = `${key.active} ${key.deleted}`;
      if (this.#keyStates.get(key) === state) continue;
      this.#keyStates.set(key, state);
      if (trace === undefined || !/^keys\.(create|remove|deactivate)$/.test(trace.name)) continue;
      if (trace.name === 'keys.create') this.#madeBy.set(key, trace.holder);
      else if (this.#madeBy.get(key) === trace.holder) continue; // what it has made and nobody knows it takes back
      const fence = this.#fences.of(trace.holder, key.userName) ?? Infinity;
      const passed = this.#fences.passedFrom(fence, key.userName);
      if (passed === undefined) continue;
      const asked = traces.slice(0, point - 1);
      if (asked.some(({ holder }, at) => holder === trace.holder && this.#sentAt[at]! >= passed.written))
        say('l', `${trace.name} of ${key.keyId} under fence ${fence} after ${key.userName} passed to ${passed.fence}`);
    }
  }

  /** Who was suspended and wakes when no rotation is under way any more changes nothing; a key that it makes it also takes away. */
  #zombies(trace: Trace | undefined, say: (invariant: Invariant, text: string) => void): void {
    const { zombies, definitions, secrets } = this.world;
    const wasOver = this.#isOver;
    this.#isOver =
      definitions.length > 0 &&
      definitions.every(({ secretId }) => {
        const pending = secrets.holder(secretId, 'AWSPENDING');
        return pending === null || pending === secrets.holder(secretId, 'AWSCURRENT');
      });
    if (
      trace === undefined ||
      !wasOver ||
      !this.judgesSleepers ||
      !/^(lane|secrets)\.|^keys\.deactivate$/.test(trace.name)
    )
      return;
    const zombie = zombies.find(({ process }) => process.holder === trace.holder);
    if (zombie === undefined || zombie.process.wokeAt === null) return;
    if (trace.name === 'keys.deactivate' && this.#idle.has(trace.holder)) return;
    say('l', `${trace.name} took effect for one that was suspended until all was done`);
  }

  #links(server: MemoryServer, say: (invariant: Invariant, text: string) => void): void {
    const { world, journal } = this;
    for (const link of server.links.values()) {
      const place = `${server.id}/${link.name}`;
      const pair = this.#pairOf(link.credentials);
      if (pair !== null) this.#truthOf(place, pair.keyId, say);
      if (pair === null || !this.#isAlteredByUs(server, link.name)) continue;
      const key = world.keys.find(pair.keyId);
      if (key?.endedByHand === true) continue;
      if (key === undefined || key.deleted || !key.active)
        say(
          'j',
          `link ${link.name} on ${server.id} holds ${pair.keyId}, which is ${key?.deleted === false ? 'Inactive' : 'gone'}`,
        );
      if (!this.storeTouched && !this.#storeKnows(link.credentials))
        say('b', `link ${link.name} on ${server.id} holds ${pair.keyId}, which no labelled version names`);
      const refusing = this.#bucketsOf(server, link.name).filter(
        (bucket) => world.keys.wouldJudge(pair.keyId, pair.secret, bucket, world.clock.now()) !== 'accepted',
      );
      if (refusing.length === 0) continue;
      const named = journal.named.get(place);
      for (const pipeline of server.pipelines.values()) {
        if (pipeline.link !== link.name || pipeline.fault !== null) continue;
        if (!isRunning(pipeline) && typeof this.#stoppedBy.get(pipeline) !== 'number') continue;
        const bucket = pipeline.path.split('/')[0] ?? '';
        if (!refusing.includes(bucket)) continue;
        if (named?.has(pipeline.name) === true || journal.unproven.has(`${server.id}/${pipeline.name}`)) continue;
        say(
          'a',
          `link ${link.name} on ${server.id} holds a key that ${bucket} refuses, and ${pipeline.name} is in no record`,
        );
      }
    }
  }

  /** What a link holds is among what its record names; a record that says that nobody knows may be right of what we did not put there. */
  #truthOf(place: string, keyId: string, say: (invariant: Invariant, text: string) => void): void {
    const by = this.#alteredBy.get(place);
    const record = this.journal.links.find(({ cluster, link }) => `${cluster}/${link}` === place);
    if (by === 'somebody' || (by === undefined && (record === undefined || record.holds.length === 0))) return;
    const named = (record?.holds ?? []).map((held) => (held.version === null ? undefined : held.keyId));
    if (named.includes(keyId) || (by === undefined && named.includes(undefined))) return;
    say('n', `${place} holds ${keyId}, and its record says ${named.join(' or ') || 'nothing'}`);
  }

  /** The buckets that the pipelines on a link read. */
  #bucketsOf(server: MemoryServer, link: string): readonly string[] {
    const place = `${server.id}/${link}`;
    const layout = server.version - server.transitions.length;
    const known = this.#buckets.get(place);
    if (known?.layout === layout) return known.buckets;
    const users = [...server.pipelines.values()].filter((pipeline) => pipeline.link === link);
    const buckets = [...new Set(users.map(({ path }) => path.split('/')[0] ?? ''))];
    this.#buckets.set(place, { layout, buckets });
    return buckets;
  }

  /** All that is stopped, when the journal says something else now; otherwise what was stopped just now. */
  #paused(rewritten: boolean, say: (invariant: Invariant, text: string) => void): void {
    for (const { server, pipeline } of rewritten ? this.#ofUs() : this.#fresh) {
      if (pipeline.state !== 'Stopped') continue;
      if (this.#promisedOn(server, pipeline) !== null) continue;
      say('d', `${pipeline.name} on ${server.id} is stopped by us and no open bracket names it`);
    }
  }

  /** The link whose journal names the pipeline as paused: another than its own when it was moved meanwhile. */
  #promisedOn(server: MemoryServer, { name, link }: MemoryPipeline): string | null {
    const place = `${server.id}/`;
    if (this.journal.owed.get(`${place}${link ?? ''}`)?.has(name) === true) return link;
    const other = [...this.journal.owed].find(([key, names]) => key.startsWith(place) && names.has(name));
    return other?.[0].slice(place.length) ?? null;
  }

  #store(say: (invariant: Invariant, text: string) => void): void {
    const { world } = this;
    for (const { secretId } of world.definitions) {
      if (world.secrets.secret(secretId).deleted) continue;
      for (const label of ['AWSCURRENT', 'AWSPENDING'] as const) {
        const version = world.secrets.holder(secretId, label);
        const pair = version === null ? null : this.#pairOf(world.secrets.value(secretId, version) ?? '{}');
        if (pair === null) continue;
        const key = world.keys.find(pair.keyId);
        if (key?.endedByHand === true || (this.storeTouched && key === undefined)) continue;
        // a put that was on its way when its sender fell asleep arrives when its key is gone; the next call gives the version up
        if (label === 'AWSPENDING' && key?.deleted === true && this.#hasSleptOver(pair.keyId)) continue;
        if (key?.deleted === false && this.#isEnding(pair.keyId)) continue;
        if (key === undefined || key.deleted || !key.active) {
          say('c', `${label} names ${pair.keyId}, which is ${key?.deleted === false ? 'Inactive' : 'gone'}`);
          if (label === 'AWSCURRENT') say('b', `AWSCURRENT names ${pair.keyId}, which does not work`);
        } else if (label === 'AWSCURRENT' && key.secret !== pair.secret) say('b', `AWSCURRENT holds a wrong secret`);
      }
    }
  }

  /** Its end is written down and not done: whoever comes next looks whether it is in use again, and takes the end back. */
  #isEnding(keyId: string): boolean {
    return this.journal.secrets.some(({ retirements }) =>
      retirements.some((one) => one.keyId === keyId && one.endingAt !== undefined && one.retiredAt === undefined),
    );
  }

  /** Somebody has woken, and no link holds this key. */
  #hasSleptOver(keyId: string): boolean {
    const { zombies, servers } = this.world;
    return (
      zombies.some(({ process }) => process.wokeAt !== null) &&
      [...servers.values()].every(({ links }) =>
        [...links.values()].every(({ credentials }) => this.#pairOf(credentials)?.keyId !== keyId),
      )
    );
  }

  #storeKnows(credentials: string): boolean {
    const held = this.#pairOf(credentials);
    return this.world.secrets.all().some(({ versions }) =>
      [...versions.values()].some(({ labels, value }) => {
        const pair = labels.size === 0 || value === null ? null : this.#pairOf(value);
        return pair !== null && held !== null && pair.keyId === held.keyId && pair.secret === held.secret;
      }),
    );
  }

  #pairOf(json: string): { readonly keyId: string; readonly secret: string } | null {
    const known = this.#pairs.get(json);
    if (known !== undefined) return known;
    const { aws_access_key_id: keyId, aws_secret_access_key: secret } = JSON.parse(json) as Record<string, string>;
    const pair = keyId === undefined || secret === undefined ? null : { keyId, secret };
    this.#pairs.set(json, pair);
    return pair;
  }
}
