import type { LoggedRequest } from '../standins/aws/server';
import { once, spreadOf, type Row } from './figures';
import { openLake, watchRotation, type Seen } from './lake';

const who = 'this function';

/** Polls ask again until something is so; DynamoDB is the journal's. Both are told apart from the calls of a rotation. */
const isPoll = ({ service }: LoggedRequest): boolean => service === 'sts' || service === 's3';
export const isCall = (request: LoggedRequest): boolean => request.service !== 'dynamodb' && !isPoll(request);

/** What happens around the pause. */
export async function measureOutside(
  pipelines: number,
  connections: number,
  roundTripMs: number,
): Promise<readonly Row[]> {
  const lake = await openLake({ pipelines, connections, roundTripMs });
  try {
    const first = await watchRotation(lake);
    const second = await watchRotation(lake);
    for (const { outcome } of [first, second])
      if (outcome.outcome !== 'succeeded') throw new Error(JSON.stringify(outcome));
    return [
      ...discovery(second, pipelines, connections, roundTripMs),
      logins(second, connections),
      calls('calls to AWS, a first rotation (the user has one key)', first),
      calls('calls to AWS, any later rotation (an old key is deleted)', second),
      {
        who,
        what: 'polls of the new key, and the look before promotion',
        unit: 'calls',
        figure: once(second.requests.filter(isPoll).length),
      },
      {
        who,
        what: 'reads and writes of the journal',
        unit: 'calls',
        figure: once(second.requests.filter(({ service }) => service === 'dynamodb').length),
      },
    ];
  } finally {
    await lake.stop();
  }
}

/** Both createSecret and setSecret look; this is how setSecret did. A connection sends one statement after the other, so the busiest tells how many round trips that took. */
function discovery({ statements }: Seen, pipelines: number, connections: number, roundTripMs: number): readonly Row[] {
  const looks = statements
    .flat()
    .filter(({ kind }) => kind === 'show-create-pipeline')
    .slice(pipelines);
  const sent = new Map<number, number>();
  for (const { connectionId } of looks) sent.set(connectionId, (sent.get(connectionId) ?? 0) + 1);
  const limit = Math.ceil(pipelines / connections);
  const what = `discovery of ${pipelines} pipelines, K=${connections}`;
  return [
    {
      who,
      what,
      unit: 'round trips',
      figure: once(Math.max(...sent.values())),
      limit,
      bar: { atMost: limit + small(limit) },
    },
    { who, what, unit: 'ms', figure: once(looks.at(-1)!.at - looks[0]!.at + roundTripMs), limit: limit * roundTripMs },
  ];
}

/** The first connections to be ready do more than their share. */
const small = (trips: number): number => 5 + Math.ceil(trips / 20);

function logins({ statements }: Seen, connections: number): Row {
  const all = new Set(statements.flat().map(({ connectionId }) => connectionId)).size;
  // createSecret and setSecret look at pipelines over K lanes and one watch; testSecret only asks how they do: 1 + 1
  const expected = 2 * (connections + 1) + 2;
  return {
    who,
    what: 'connections of a rotation: K + 1 in two steps, 1 + 1 in one',
    unit: 'connections',
    figure: once(all),
    bar: { exactly: expected },
  };
}

function calls(what: string, { requests }: Seen): Row {
  return { who, what, unit: 'calls', figure: once(requests.filter(isCall).length), bar: { atMost: 18 } };
}

/** Each call of a rotation in its order, for people. */
export const callsOf = ({ requests }: Seen): readonly string[] =>
  requests.filter(isCall).map(({ action, resource = '' }) => `${action} ${resource.split(':').at(-1) ?? ''}`);

/** From the moment at which AWS knows the new key to the line that says so. */
export async function measureNotice(rounds: number): Promise<Row> {
  const propagationMs = 1_700;
  const lake = await openLake({ pipelines: 1, connections: 1, roundTripMs: 1, propagationMs });
  try {
    const waits: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      lake.forget();
      const { requests, outcome } = await watchRotation(lake);
      if (outcome.outcome !== 'succeeded') throw new Error(JSON.stringify(outcome));
      const acceptedAt = lake.account.user.keys.at(-1)!.createdAt + propagationMs;
      const noticed = lake.lambda.output.find((line) => line.includes('"credentials-accepted"')) ?? '{}';
      const { time = '' } = JSON.parse(noticed) as { readonly time?: string };
      if (requests.length > 0) waits.push(Date.parse(time) - acceptedAt);
    }
    return { who, what: 'a new key works, and is noticed', unit: 'ms', figure: spreadOf(waits), bar: { atMost: 500 } };
  } finally {
    await lake.stop();
  }
}
