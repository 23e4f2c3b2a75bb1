import { RotationError } from '../../lambda/core/errors';
import { secretId, userName } from '../support/scenario';
import type { Invariant } from './invariants';
import type { Scenario } from './play';
import { Halt, type Stage } from './stage';

/** `done`: the new version is current and in every link. `unchanged`: all is as before. `person`: somebody is named what to do, in an error. */
export type Ending = 'done' | 'unchanged' | 'person';

/** Nothing fails any more: leases run out, the watchdog comes, Secrets Manager tries again. Then nothing may be left over. */
export async function atTheEnd(scenario: Scenario, stage: Stage): Promise<Ending> {
  const { world, witness } = stage;
  const say = (invariant: Invariant, text: string): void => {
    witness.violations.push({ invariant, point: 0, text });
  };
  stage.calm();
  await stage.pass(61_000);
  const recovery = await stage.watchdog();
  // what came to Error as the watchdog looked is not paused: the next run finds it
  if (witness.isDrivenOnly()) {
    await stage.pass(61_000);
    await stage.watchdog();
  }
  // who slept may have finished a step since that the service goes on from: then it is for the very end
  if (!scenario.leavesPaused && world.zombies.length === 0)
    for (const name of stoppedByUs(stage)) say('f', `${name} is still paused after the watchdog`);
  if (!(recovery !== undefined)) say('f', 'the watchdog failed');
  if (witness.violations.length > 0) throw new Halt();
  // mirrored secrets are compared every five minutes
  const mirrors = world.definitions.some(({ source }) => source.type === 'mirror');
  for (let minute = 0; mirrors && minute < 5; minute += 1) {
    await stage.pass(60_000);
    await stage.watchdog();
  }
  for (let round = 0; round < 3; round += 1) {
    const pending = world.secrets.secret(secretId).deleted ? null : world.label('AWSPENDING');
    if (pending === null || pending === world.label('AWSCURRENT')) break;
    await stage.attempt(pending);
    await stage.pass(61_000);
    await stage.watchdog();
  }
  await stage.wake();
  witness.look(0);
  const ending = endingOf(stage);
  for (const text of [...leftOver(scenario, stage), ...(ending === 'done' ? notRetiring(scenario, stage) : [])])
    say('f', text);
  const isKeptFrom =
    (ending === 'unchanged' && hasGivenItsVersionUp(stage)) || (ending === 'person' && hasMadeItTooLate(stage));
  if (!isKeptFrom && !(scenario.ends ?? ['done']).includes(ending))
    say('f', `it ended as ${ending}: ${why(stage.lastError)}`);
  if (ending === 'person' && scenario.reason === undefined && !(stage.lastError instanceof RotationError))
    say('h', 'it needs a person, and names no reason');
  for (const text of [...(scenario.claims?.(stage) ?? []), ...(scenario.expects?.(stage) ?? [])]) say('m', text);
  return ending;
}

const hasSlept = ({ zombies }: Stage['world'], before: string): boolean =>
  zombies.some(({ process }) => process.sleptBefore.includes(before));

/** A put that its sender slept over stored a key that was to be deleted: the version was given up, and the next one is as good. */
const hasGivenItsVersionUp = ({ world }: Stage): boolean =>
  hasSlept(world, 'secrets.put') &&
  [...world.secrets.secret(secretId).versions.values()].some(
    ({ labels, value }) => labels.size === 0 && value !== null,
  );

/** Who slept before CreateAccessKey and died behind it has made a key later than any intent says: only a person knows that it is nobody's. */
const hasMadeItTooLate = ({ world, lastError }: Stage): boolean =>
  hasSlept(world, 'keys.create') && lastError instanceof RotationError && lastError.code === 'KEY_QUOTA';

/** In Error it may be because the source refuses what there is; see the scenario's own claims. */
const stoppedByUs = ({ witness }: Stage): readonly string[] => witness.paused();

const why = (error: unknown): string => (error instanceof Error ? error.message : 'no error');

function endingOf({ world }: Stage): Ending {
  const current = world.label('AWSCURRENT');
  const value = current === null ? null : world.secretValue(current);
  const inLinks = linkKeys(world);
  const pending = world.label('AWSPENDING');
  const dangling = pending !== null && pending !== current;
  const agreed = inLinks.every((keyId) => keyId === value?.['aws_access_key_id']);
  if (dangling || !agreed) return 'person';
  return current === world.firstVersion ? 'unchanged' : 'done';
}

const linkKeys = (world: Stage['world']): readonly (string | undefined)[] =>
  world.definitions
    .filter(({ secretId: id }) => id === secretId)
    .flatMap(({ targets }) => targets)
    .flatMap(({ connectionSecretId, links }) => {
      const server = world.serverOf(connectionSecretId);
      return [...(server?.links.values() ?? [])]
        .filter(({ name }) => links.some((pattern) => 'all' in pattern || name.endsWith(`.\`${pattern.link}\``)))
        .map(({ credentials }) => (JSON.parse(credentials) as Record<string, string>)['aws_access_key_id']);
    });

/** A key that was replaced is in use no more: it is ended already, or somebody will look whether it may be. */
function notRetiring({ touchesStore }: Scenario, { world, witness }: Stage): readonly string[] {
  const previous = world.label('AWSPREVIOUS');
  const keyId = previous === null ? undefined : world.secretValue(previous)?.['aws_access_key_id'];
  const isOurs = world.definitions.some(({ secretId: id, source }) => id === secretId && source.type === 'iam-user');
  if (touchesStore || keyId === undefined || !isOurs) return [];
  const waits = witness.journal.secrets.some(({ retirements }) => retirements.some((one) => one.keyId === keyId));
  return waits || world.keys.find(keyId)?.active === false ? [] : [`nobody will retire ${keyId}`];
}

/** What must not be there when all is over. */
function leftOver({ leavesPaused }: Scenario, { world, witness }: Stage): readonly string[] {
  const { journal } = witness;
  const now = world.clock.now();
  const found: string[] = [];
  if (!leavesPaused) {
    found.push(...witness.paused().map((name) => `${name} is left paused`));
    for (const { link, bracket } of journal.links)
      if (bracket?.phase === 'open') found.push(`the bracket of ${link} is open`);
  }
  for (const { lease } of [...journal.links, ...journal.users])
    if (lease !== null && lease.until > now) found.push(`a lease of ${lease.holder} is held`);
  const users = new Set([
    userName,
    ...world.definitions.flatMap(({ source }) => ('userName' in source ? source.userName : [])),
  ]);
  const keys = [...users].flatMap((user) => world.keys.of(user));
  const known = new Set([
    ...world.keysInLabels(),
    ...journal.links.flatMap(({ holds }) => holds.map(({ keyId }) => keyId)),
    ...journal.secrets.flatMap(({ retirements }) => retirements.map(({ keyId }) => keyId)),
    ...journal.users.map(({ made }) => made?.keyId),
  ]);
  if (keys.length > 2 * users.size) found.push(`there are ${keys.length} keys`);
  const intent = journal.users.some((record) => record.intent !== null);
  for (const { keyId, ours } of keys)
    if (ours && !known.has(keyId) && !intent) found.push(`nobody accounts for key ${keyId}`);
  return found;
}
