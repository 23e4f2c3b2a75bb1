import { steps } from './standins/aws/rotation';
import { qualified, shown, type Name } from './standins/demo/site';
import { inOrder, statementsOfPauses } from './standins/demo/timeline';
import { parse, type Statement, type StatementRecord } from './standins/singlestore';
import { linkTypes, openLinkTypes, type LinkType, type LinkTypes } from './support/linkTypes';

jest.setTimeout(60_000); // processes and sockets in real time: a busy machine is slow, not wrong

/** What EventBridge says when somebody has stored a value, and when a rotation by somebody else has ended (facts: aws-rotation, section 9). */
const events: readonly ((arn: string) => object)[] = [
  (arn) => ({
    source: 'aws.secretsmanager',
    'detail-type': 'AWS API Call via CloudTrail',
    detail: { eventName: 'PutSecretValue', requestParameters: { secretId: arn }, responseElements: { arn } },
  }),
  (arn) => ({
    source: 'aws.secretsmanager',
    'detail-type': 'AWS Service Event via CloudTrail',
    detail: { eventName: 'RotationSucceeded', requestParameters: null, additionalEventData: { SecretId: arn } },
  }),
];

/** The one statement that has changed a link since then, as the server understood it. */
function changeSince(statements: readonly StatementRecord[], version: '9.0' | '9.1'): Statement {
  const changes = statements.filter(
    ({ kind, outcome }) => ['alter-link', 'create-link', 'drop-link'].includes(kind) && outcome === 'ok',
  );
  expect(changes).toHaveLength(1);
  return parse(changes[0]?.sql ?? '', { version, orReplaceLink: true }) as Statement;
}

/** Plays the whole rotation that a change of the mirrored secret brings about. */
async function play(all: LinkTypes, type: LinkType) {
  const { sockets, loads } = all;
  const { server, account } = sockets;
  const { mirrored, rotated, link, running, value: old } = all.place(type);
  const { secrets } = account.aws;
  const before = { states: sockets.states(), link: server.link(link.database, link.name) };
  const [transitions, statements] = [server.transitions.length, server.statements.length];
  const value = all.change(type);
  const event = events[linkTypes.indexOf(type) % events.length]?.(mirrored);
  expect(await sockets.invoke(event)).toEqual({ ok: true, value: { started: [rotated] } });
  const version = secrets.find(rotated).labels.get('AWSPENDING');
  expect(await sockets.rotate({ attempts: 1 }, rotated)).toEqual({
    version,
    outcome: 'succeeded',
    attempts: steps.map((step) => ({ step, ok: true })),
  });
  const moves = server.transitions.slice(transitions);
  const resumed = (pipeline: Name) =>
    moves.findLast(({ pipeline: name, database }) => name === pipeline.name && database === pipeline.database);
  return {
    before,
    old,
    value,
    statements: server.statements.slice(statements),
    moves: moves.map(({ database, pipeline, from, to }) => `${database}.${pipeline} ${from} ${to}`),
    after: server.link(link.database, link.name),
    current: JSON.parse(secrets.valueOf(rotated)) as unknown,
    previous: JSON.parse(secrets.valueOf(rotated, 'AWSPREVIOUS')) as unknown,
    loadedSince: running.map((pipeline) =>
      server
        .pipeline(pipeline.database, pipeline.name)
        ?.batches.some(
          ({ state, startedAt }) => state === 'Succeeded' && startedAt >= (resumed(pipeline)?.at ?? Infinity),
        ),
    ),
    loadedWith: running.map((pipeline) => loads(pipeline).at(-1)),
  };
}

const inTheirTurn = (pipelines: readonly Name[]): readonly string[] =>
  pipelines.flatMap((pipeline) => [`${shown(pipeline)} Running Stopped`, `${shown(pipeline)} Stopped Running`]).sort();

describe('a change of a mirrored secret rotates', () => {
  let all: LinkTypes;
  beforeAll(async () => {
    all = await openLinkTypes(linkTypes);
  });
  afterAll(async () => {
    const leaks = await all.sockets.leaks();
    await all.stop();
    expect(leaks).toEqual([]);
  });

  test.each(linkTypes)('a link of type $type', async (type) => {
    const { link, running } = all.place(type);
    const played = await play(all, type);
    const { credentials, config } = type.link(played.value);

    // exactly what ran was paused, once, and nothing of another link
    expect([...played.moves].sort()).toEqual(inTheirTurn(running));
    expect(all.sockets.states()).toEqual(played.before.states);
    expect(statementsOfPauses(played.statements).map(inOrder)).toEqual([
      '2 STOP PIPELINE, 1 SELECT, 1 ALTER LINK, 2 START PIPELINE',
    ]);

    // one statement: CREDENTIALS whole, and CONFIG where the secret decides some of it
    const change = changeSince(played.statements, '9.1');
    if (change.kind !== 'alter-link') throw new Error(change.kind);
    expect(change.link).toEqual(link);
    const said = Object.fromEntries(
      change.clauses.map((clause) => [clause.of, 'json' in clause ? clause.json : clause.key]),
    );
    expect(change.clauses).toHaveLength(type.fields?.config === undefined ? 1 : 2);
    expect(JSON.parse(said['CREDENTIALS'] ?? '')).toEqual(credentials);
    if (type.fields?.config !== undefined) expect(JSON.parse(said['CONFIG'] ?? '')).toEqual(config);

    // the link and the secret have the new value, with every other key and every JSON type kept
    const { after, before } = played;
    expect({ ...after, config: JSON.parse(after?.config ?? '') as unknown }).toEqual({
      ...before.link,
      credentials,
      config,
    });
    if (type.fields?.config === undefined) expect(after?.config).toBe(before.link?.config);
    expect(played.current).toEqual(played.value);
    expect(played.previous).toEqual(played.old);

    expect(played.loadedSince).toEqual([true, true]);
    expect(played.loadedWith).toEqual([credentials, credentials]);
  });

  test('HTTP, of which SHOW CREATE LINK shows nothing: nobody asks it', async () => {
    const http = linkTypes.find(({ type }) => type === 'HTTP')!;
    const { link } = all.place(http);
    await expect(all.sockets.server.execute(`SHOW CREATE LINK ${qualified(link)}`)).rejects.toThrow(/HTTP links/);
    expect(all.sockets.server.statements.filter(({ kind }) => kind === 'show-create-link')).toEqual([]);
  });

  test('and the values are among what is searched for in all output', async () => {
    const { lambda } = all.sockets;
    const value = JSON.parse(all.sockets.account.aws.secrets.valueOf('team/kafka')) as { password: string };
    lambda.output.push(Buffer.from(`..${value.password}`).toString('base64'));
    expect(await all.sockets.leaks()).toEqual([value.password.split(' ')[0]]);
    lambda.output.pop();
  });
});

test('on a server without ALTER LINK the link is replaced, with its type, the rest of CONFIG and its DESCRIPTION', async () => {
  const kafka = linkTypes.find(({ type }) => type === 'KAFKA')!;
  const all = await openLinkTypes([kafka], { version: '9.0' });
  try {
    const { link, running } = all.place(kafka);
    const played = await play(all, kafka);
    const { credentials, config } = kafka.link(played.value);
    expect([...played.moves].sort()).toEqual(inTheirTurn(running));
    const change = changeSince(played.statements, '9.0');
    if (change.kind !== 'create-link') throw new Error(change.kind);
    const { description } = played.before.link!;
    expect(description).not.toBe('');
    expect(change).toMatchObject({ link, orReplace: true, type: 'KAFKA', description });
    expect(JSON.parse(change.credentials)).toEqual(credentials);
    expect(JSON.parse(change.config)).toEqual(config);
    expect({ ...played.after, config: null }).toEqual({
      ...link,
      type: 'KAFKA',
      description,
      credentials,
      config: null,
    });
    expect(played.current).toEqual(played.value);
    expect(played.loadedWith).toEqual([credentials, credentials]);
    expect(await all.sockets.leaks()).toEqual([]);
  } finally {
    await all.stop();
  }
});

test('what the old credentials are refused while they are replaced is no refusal of the new ones', async () => {
  const kafka = linkTypes.find(({ type }) => type === 'KAFKA')!;
  const all = await openLinkTypes([kafka], { batchMs: 1_000 }); // the batch in progress at the STOP ends refused
  try {
    await play(all, kafka);
  } finally {
    await all.stop();
  }
});
