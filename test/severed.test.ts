import type { RotationError } from '../lambda/core/errors';
import { qualified } from '../lambda/core/names';
import { recover } from '../lambda/steps/recover';
import { ways, type Way } from './edge/severed';
import { SocketWorld } from './edge/socketWorld';
import type { SingleStoreOptions } from './standins/singlestore';
import { analyticsLink, secretId, userName } from './support/scenario';
import { call, rotateWithRetries } from './steps/driving';

jest.setTimeout(60_000); // sockets in real time: a busy machine is slow, not wrong

/*
 * Whole rotations over sockets: the real connections to a server, and AWS in memory. Whatever is asked of the server in
 * an undisturbed one, the connection dies over it once.
 */

/** A question of an undisturbed rotation: what, and the how-many-th of its kind. */
interface Place {
  readonly question: string;
  readonly nth: number;
}
interface Fault extends Place {
  readonly way: Way;
}
interface Story {
  readonly asked: readonly Place[];
  readonly wrong: readonly string[];
}

const asFound = {
  'analytics.archive': 'Stopped',
  'analytics.orders': 'Running',
  'sales.invoices': 'Running',
  'sales.returns': 'Error',
};

/** A rotation over which the connection dies in these places, each once. */
async function rotation(faults: readonly Fault[], options: SingleStoreOptions): Promise<Story> {
  const world = await SocketWorld.open(options);
  const asked: Place[] = [];
  const left = [...faults];
  world.onQuestion = (question) => {
    const nth = asked.filter((before) => before.question === question).length + 1;
    asked.push({ question, nth });
    const at = left.findIndex((fault) => fault.question === question && fault.nth === nth);
    return at < 0 ? undefined : left.splice(at, 1)[0]?.way;
  };
  try {
    const { errors, wrong } = await endsWell(world);
    if (left.length > 0) wrong.push('the fault did not come');
    if (errors.length > faults.length) wrong.push('more attempts failed than connections died');
    if (/RESUME_FAILED|LEASE_LOST/.test(errors.join())) wrong.push('a step ended before its pause');
    return { asked, wrong: wrong.map((what) => `${what} after ${errors.map(String).join(' | ')}`) };
  } finally {
    await world.stop();
  }
}

/**
 * Secrets Manager rotates, again after failures; later, when all leases have run out, the watchdog comes once.
 *
 * @returns the errors on the way, and what is wrong in the end; nothing is well.
 */
async function endsWell(world: SocketWorld, version = world.startRotation()) {
  const errors: unknown[] = [];
  const done = await rotateWithRetries(world, version, errors);
  await world.pass(60_000);
  const recovery = await world.run(recover);
  const wrong = [...violations(world, version, [errors, recovery]), ...recovery.failures, ...recovery.leftPaused];
  return { errors, wrong: done ? wrong : [...wrong, 'not done'] };
}

/** What must hold when everybody has done their part, in words; none is well. */
function violations(world: SocketWorld, version: string, put: unknown): string[] {
  const { singlestore } = world;
  const found: string[] = [];
  if (JSON.stringify(Object.entries(world.states()).sort()) !== JSON.stringify(Object.entries(asFound)))
    found.push(`left as ${JSON.stringify(world.states())}`);
  // one transition put what is in error into it
  const touched = singlestore.transitions.filter(({ pipeline }) => pipeline === 'archive' || pipeline === 'returns');
  if (touched.length !== 1) found.push(`what did not run was touched: ${JSON.stringify(touched)}`);
  const key = world.secretValue(version)?.['aws_access_key_id'];
  const inLink = singlestore.link('analytics', 'analytics_link')?.credentials['aws_access_key_id'];
  if (key === undefined || inLink !== key) found.push('the link is not on the new key');
  if (world.secrets.holder(secretId, 'AWSCURRENT') !== version) found.push('AWSCURRENT is not on the new version');
  if (world.keys.of(userName).length > 2) found.push('more than two keys');
  if (world.table.fallenFences().length > 0) found.push('a fence fell');
  if (world.leaks(put).length > 0) found.push('a secret was put out');
  if (singlestore.statements.some(({ parsed }) => !parsed)) found.push('a statement was not understood');
  return found;
}

const plain = { tls: false };
/** Questions about what is not there change nothing. */
const changes = ({ question }: Place): boolean => /^(STOP|ALTER|START)(?!.*probe_)/.test(question);
const isLogin = ({ question }: Place): boolean => question.startsWith('login');
const opensConnection = (place: Place): boolean => isLogin(place) || place.question.includes('sql_mode');
const inWords = (faults: readonly Fault[]): string =>
  faults.map(({ question, nth, way }) => `${question} (${nth}) ${way}`).join(', then ');

/** What is wrong after each of these rotations; nothing is well. */
async function wrongOf(rotations: readonly (readonly Fault[])[], options: SingleStoreOptions): Promise<string[]> {
  const wrong: string[] = [];
  for (const faults of rotations) {
    const story = await rotation(faults, options);
    wrong.push(...story.wrong.map((what) => `${inWords(faults)}: ${what}`));
  }
  return wrong;
}
const each = (places: readonly Place[], ...of: readonly Way[]): Fault[][] =>
  places.flatMap((place) => of.map((way) => [{ ...place, way }]));

test('the connection dies over any change that is asked of the server, in any way: the rotation ends well and nothing stays paused', async () => {
  const { asked, wrong } = await rotation([], plain);
  expect(wrong).toEqual([]);
  const places = asked.filter(changes);
  expect(places).toHaveLength(5);
  expect(await wrongOf(each(places, ...ways), plain)).toEqual([]);
});

test('... over anything that is read, and over every login', async () => {
  const { asked } = await rotation([], plain);
  const logins = asked.filter(opensConnection);
  const reads = asked.filter((place) => !changes(place) && !opensConnection(place));
  expect(logins.length).toBeGreaterThan(20);
  expect(reads.length).toBeGreaterThan(20);
  // lost on the way there or behind it: both sides see the same where nothing is changed
  expect(await wrongOf(each(reads, 'within', 'all'), plain)).toEqual([]);
  // many alike: in turn
  expect(
    await wrongOf(
      logins.flatMap((place, at) => each([place], ways[at % ways.length]!)),
      plain,
    ),
  ).toEqual([]);
});

test('... over what is asked only because an answer was lost: how its connection is ended, and what it left', async () => {
  const { asked } = await rotation([], plain);
  const ordinary = new Set(asked.map(({ question }) => question));
  const found: string[] = [];
  for (const verb of ['STOP', 'ALTER', 'START']) {
    const first: Fault = { ...asked.filter(changes).find(({ question }) => question.startsWith(verb))!, way: 'after' };
    const disturbed = await rotation([first], plain);
    const extraordinary = disturbed.asked.filter(({ question }) => !ordinary.has(question));
    found.push(...extraordinary.map(({ question }) => `${verb}, ${question}`));
    const pairs = each(extraordinary, 'after', 'within', 'all').map((second) => [first, ...second]);
    expect(await wrongOf(pairs, plain)).toEqual([]);
  }
  expect(found.join()).toMatch(/STOP, SHOW PROCESSLIST.*ALTER, KILL.*START, SHOW PROCESSLIST/);
});

test('... and with TLS, in whose records an answer is cut', async () => {
  const { asked, wrong } = await rotation([], { tls: true });
  expect(wrong).toEqual([]);
  const places = asked.filter((place) => changes(place) || (isLogin(place) && place.nth === 1));
  expect(places.filter(isLogin).length).toBeGreaterThan(2);
  expect(await wrongOf(each(places, 'within'), { tls: true })).toEqual([]);
});

/** What the server makes of a statement whose client has given it up, and will end its connection. */
type Fate = 'carried out at once' | 'carried out when its connection is about to end' | 'ended with its connection';
const invoices = qualified('sales', 'invoices');

describe.each([
  ['STOP PIPELINE', 'stop', `STOP PIPELINE IF RUNNING ${invoices}`],
  ['ALTER LINK', 'alter', `ALTER LINK ${analyticsLink}`],
  ['START PIPELINE', 'start', `START PIPELINE IF NOT RUNNING ${invoices}`],
] as const)('%s without an answer in time', (what, method, sql) => {
  /** What is sent about the same pipeline or link behind it, in words. */
  async function sequel(fate: Fate): Promise<{ readonly words: readonly string[]; readonly codes: readonly string[] }> {
    const world = await SocketWorld.open(plain);
    const { singlestore } = world;
    let met = false;
    let decide: ((verdict: 'ok' | 'drop-before') => void) | undefined;
    world.isImpatient = (called, subject) => !met && called === method && (called === 'alter' || subject === invoices);
    world.onStatement = async (sent) => {
      if (!met && sent.sql.startsWith(sql)) {
        met = true;
        if (fate === 'carried out at once') await singlestore.execute(sent.sql);
        return new Promise<'ok' | 'drop-before'>((resolve) => (decide = resolve));
      }
      if (sent.sql.startsWith('KILL')) {
        decide?.(fate === 'carried out when its connection is about to end' ? 'ok' : 'drop-before');
        await new Promise(setImmediate);
      }
      return 'ok';
    };
    try {
      const { errors, wrong } = await endsWell(world);
      expect(wrong).toEqual([]);
      const at = singlestore.statements.findIndex((statement) => statement.sql.startsWith(sql));
      const words = singlestore.statements
        .slice(at + 1)
        .filter((statement) => !statement.sql.includes('orders') && !statement.sql.includes('probe'))
        .map((statement) => /^(?:STOP|START|ALTER|KILL|SHOW PROCESSLIST)|PIPELINES$/.exec(statement.sql)?.[0] ?? '')
        .filter((word, place, all) => word !== '' && word !== all[place - 1]);
      return { words, codes: errors.map((error) => (error as RotationError).code) };
    } finally {
      await world.stop();
    }
  }
  const reads = ['SHOW PROCESSLIST', 'KILL', 'SHOW PROCESSLIST', 'PIPELINES'];
  /** What follows on what was read. An ALTER says the same twice, so it is repeated. */
  const next: Readonly<Record<typeof what, Readonly<Record<Fate, string | undefined>>>> = {
    'STOP PIPELINE': {
      'carried out at once': 'START',
      'carried out when its connection is about to end': 'START',
      'ended with its connection': 'STOP',
    },
    'ALTER LINK': {
      'carried out at once': 'ALTER',
      'carried out when its connection is about to end': 'ALTER',
      'ended with its connection': 'ALTER',
    },
    'START PIPELINE': {
      'carried out at once': undefined,
      'carried out when its connection is about to end': undefined,
      'ended with its connection': 'START',
    },
  };

  test.each(Object.keys(next[what]) as Fate[])(
    'and %s: its connection is ended and the states are read, and they decide',
    async (fate) => {
      const { words, codes } = await sequel(fate);
      expect(words.slice(0, reads.length)).toEqual(reads);
      const sent = words.slice(reads.length).find((word) => /^(STOP|ALTER|START)$/.test(word));
      expect(sent).toBe(next[what][fate]);
      expect(codes).toEqual(method === 'stop' ? ['STOP_UNANSWERED'] : []);
    },
  );
});

test('a STOP without an answer in time that outlives its connection is undone by the watchdog', async () => {
  const world = await SocketWorld.open(plain);
  const stop = `STOP PIPELINE IF RUNNING ${invoices}`;
  let late: Promise<unknown> | undefined;
  let letGo = (): void => undefined;
  world.isImpatient = (method, subject) => late === undefined && method === 'stop' && subject === invoices;
  world.onStatement = async ({ sql }) => {
    if (sql !== stop || late !== undefined) return 'ok';
    late = new Promise<void>((resolve) => (letGo = resolve)).then(() => world.singlestore.execute(stop));
    await late;
    return 'drop-after';
  };
  try {
    const version = world.startRotation();
    await call(world, 'createSecret', version);
    await expect(call(world, 'setSecret', version)).rejects.toThrow(/STOP_UNANSWERED.*`invoices` may stop yet/);
    expect(world.states()).toEqual(asFound);
    letGo();
    await late;
    expect(world.states()).toMatchObject({ 'sales.invoices': 'Stopped' });
    await world.pass(60_000);
    expect(await world.run(recover)).toMatchObject({ resumed: [expect.anything()], failures: [], leftPaused: [] });
    expect(world.states()).toEqual(asFound);
    expect((await endsWell(world, version)).wrong).toEqual([]);
  } finally {
    await world.stop();
  }
});

test('a server out of reach from the ALTER on: what is paused stands in the journal, and runs once it can be reached', async () => {
  const world = await SocketWorld.open(plain);
  let dark: 'not yet' | 'now' | 'over' = 'not yet';
  world.onQuestion = (question) => {
    if (dark === 'now') return 'before';
    if (dark === 'over' || !question.startsWith('ALTER LINK `analytics` . `analytics_link`')) return undefined;
    dark = 'now';
    return 'all';
  };
  try {
    const version = world.startRotation();
    await call(world, 'createSecret', version);
    await expect(call(world, 'setSecret', version)).rejects.toThrow(/RESUME_FAILED.*`sales`.`invoices`/);
    expect(world.states()).toMatchObject({ 'sales.invoices': 'Stopped', 'analytics.orders': 'Stopped' });
    await world.pass(60_000);
    expect((await world.run(recover)).leftPaused.length).toBe(2);
    dark = 'over';
    await world.pass(60_000);
    expect(await world.run(recover)).toMatchObject({ failures: [], leftPaused: [] });
    expect(world.states()).toEqual(asFound);
    expect((await endsWell(world, version)).wrong).toEqual([]);
  } finally {
    await world.stop();
  }
});
