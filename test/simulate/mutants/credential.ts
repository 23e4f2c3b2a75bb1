import type { Mutant } from './mutant';

const makeKey = 'lambda/steps/sources/makeKey.ts';
const keys = 'lambda/core/keys.ts';
const evidence = 'lambda/steps/evidence.ts';
const retire = 'lambda/steps/retire.ts';
const end = 'lambda/steps/end.ts';

/** Losing or breaking the credential: modes 1 to 13. */
export const credentialMutants: readonly Mutant[] = [
  {
    name: 'key-before-intent',
    modes: [1],
    what: 'The key is made first and the intent is written when the answer has come.',
    patches: [
      {
        file: makeKey,
        find: `    intent = await intend(run, rotation, held, seen);
    await held.guard();
    // who slept since would make a key later than the intent says
  } while (run.clock.now() > intent.until - effectMs);
  const made = await run.keys.create(userName);`,
        replace: `    await held.guard();
    intent = { former: null, until: Infinity };
  } while (run.clock.now() > intent.until - effectMs);
  const made = await run.keys.create(userName);
  intent = await intend(run, rotation, held, (await run.keys.list(userName)).map((key) => key.keyId));`,
      },
    ],
  },
  {
    name: 'intent-with-the-outcome',
    modes: [2],
    what: 'The intent is kept for the write that records the new key, so it is gone exactly when it is needed.',
    patches: [{ file: makeKey, find: '  await held.save((record) => ({ ...record, intent }));\n', replace: '' }],
  },
  {
    name: 'holds-with-the-outcome',
    modes: [2, 13],
    what: 'The journal names the new version as held only once the ALTER has answered.',
    patches: [
      {
        file: 'lambda/steps/bracket/pause.ts',
        find: 'holds: [...others, change.to],',
        replace: 'holds: others.length === 0 ? [change.to] : others,',
      },
    ],
  },
  {
    name: 'lost-answer-is-no-key',
    modes: [3],
    what: 'CreateAccessKey without an answer is taken for one that made nothing, and the intent is closed.',
    patches: [
      {
        file: makeKey,
        find: `    case 'unknown':
      throw`,
        replace: `    case 'unknown':
      await held.save((record) => ({ ...record, intent: null }));
      throw`,
      },
    ],
  },
  {
    name: 'orphan-not-found',
    modes: [3],
    what: 'Nobody looks for the key whose answer was lost.',
    patches: [
      {
        file: keys,
        find: '  if (orphan !== undefined) {',
        replace: '  if (orphan !== undefined && slots.keys.length < 0) {',
      },
    ],
  },
  {
    name: 'end-of-a-key-not-written-down',
    modes: [3, 6],
    what: 'An orphan is deleted without a word before it: who sleeps before PutSecretValue cannot know.',
    patches: [
      {
        file: 'lambda/steps/sources/makeRoom.ts',
        find: '  else if (made.ending !== true) {',
        replace: "  else if (userName === '' && made.ending !== true) {",
      },
    ],
    // it takes two sleepers
    caughtBy: 'test/steps/makeKey.test.ts',
  },
  {
    name: 'orphan-deleted-at-once',
    modes: [3, 6],
    what: 'A key in no version is an orphan, though a value with it may still arrive.',
    // takes a put that is late and a retry that dies right behind the deletion: seeds met it once in 100,000
    caughtBy: 'test/steps/makeKey.test.ts',
    patches: [
      {
        file: keys,
        find: 'return now < until ? ',
        replace: 'return now < 0 ? ',
      },
    ],
  },
  {
    name: 'errors-behind-the-way-back-not-seen',
    modes: [20, 13],
    what: "What the refused credentials drive into Error once the way back has begun is nobody's.",
    patches: [
      {
        file: 'lambda/steps/bracket/look.ts',
        find: 'for (const set of [p.work.suspects, ',
        replace: 'for (const set of [',
      },
    ],
  },
  {
    name: 'error-in-the-drain-not-seen',
    modes: [20],
    what: 'What was in Error when the pause began is looked at, and what comes to it while it is stopped is not.',
    // it needs a drain that ends in the refusal, of a pipeline that the pause before did not name
    caughtBy: 'test/steps/testSecret.test.ts',
    patches: [
      {
        file: 'lambda/steps/bracket/look.ts',
        find: 'p.bracket === null ? null : {',
        replace: 'p.bracket === null || p.work.change !== null ? null : {',
      },
    ],
  },
  {
    name: 'delete-oldest',
    modes: [4],
    what: 'With both slots taken the oldest key is deleted.',
    patches: [
      {
        file: keys,
        find: "  return { do: 'stop', keyIds: slots.keys.map((key) => key.keyId) };",
        replace: `  const [oldest] = [...slots.keys].sort((a, b) => a.createdAt - b.createdAt);
  return { do: 'delete', keyId: oldest?.keyId ?? '', because: 'retired' };`,
      },
    ],
  },
  {
    name: 'user-not-locked',
    modes: [5, 25],
    // a lease alone that is not respected harms nobody: each write is conditional on the one before, and an orphan is waited for
    what: "IAM's limit of two keys is trusted to keep two invocations apart: the user's record is written without lease or condition.",
    patches: [
      {
        file: 'lambda/steps/lease.ts',
        find: 'const mine = claimed<Items[K]>(stored?.item ?? initial, run.holder, sentAt);',
        replace:
          "const free = { ...(stored?.item ?? initial), ...(kind === 'user' ? { lease: null } : {}) };\n    const mine = claimed<Items[K]>(free, run.holder, sentAt);",
      },
      {
        file: 'lambda/steps/lease.ts',
        find: '(await this.run.table.write(this.kind, this.key, item, this.#revision)) ??',
        replace:
          "(await this.run.table.write(this.kind, this.key, item, this.kind === 'user' ? ((await this.run.table.read(this.kind, this.key))?.revision ?? 0) : this.#revision)) ??",
      },
    ],
  },
  {
    name: 'inactive-key-not-counted',
    modes: [5],
    what: 'Only active keys are counted against the limit of two.',
    patches: [
      {
        file: keys,
        find: '  if (slots.keys.length < slotsPerUser)',
        replace: '  if (slots.keys.filter(({ active }) => active).length < slotsPerUser)',
      },
    ],
  },
  {
    name: 'quota-taken-for-a-defect',
    modes: [5],
    what: 'LimitExceeded is reported like any other refusal, without the keys that fill the slots.',
    patches: [{ file: makeKey, find: "made.code.startsWith('LimitExceeded')", replace: "made.code === ''" }],
  },
  {
    name: 'put-without-answer-undone',
    modes: [6],
    what: 'PutSecretValue without an answer is compensated: the new key is deleted, though the value may stand.',
    patches: [
      {
        file: makeKey,
        find: 'const stored = await run.secrets.put(secret.arn, version, value, rotationToken);',
        replace: `const stored = await run.secrets.put(secret.arn, version, value, rotationToken).catch(async (error: unknown) => {
    await run.keys.remove(userName, made.keyId);
    throw error;
  });`,
      },
    ],
  },
  {
    name: 'alter-without-answer-undone',
    modes: [6],
    what: 'An ALTER whose answer was lost counts as not done: the journal goes back to the old version alone.',
    patches: [
      {
        file: 'lambda/steps/bracket/change.ts',
        find: `    p.alterMayHaveActed = true;
    p.set({ states: null, unanswered: [lane.connectionId], killed: false });
    if (spent) p.fail(`,
        replace: `    p.set({ states: null, unanswered: [], killed: false });
    p.fail(`,
      },
    ],
  },
  {
    name: 'held-key-retired',
    modes: [7],
    what: 'The old key is retired when it is due, though a link may still hold it.',
    patches: [
      { file: evidence, find: 'if (holding.length > 0)', replace: 'if (holding.length > 1_000)' },
      { file: evidence, find: '? held([]) : known', replace: '? known : known' },
    ],
  },
  {
    name: 'used-key-retired',
    modes: [7],
    what: 'The old key is retired when it is due, though IAM says that somebody used it since the switch.',
    patches: [{ file: evidence, find: 'use.at < switchedAt)', replace: 'switchedAt > 0)' }],
  },
  {
    name: 'unproven-not-watched',
    modes: [7],
    what: 'Pipelines that had nothing to load are forgotten, and the old key retires though the new one is refused to them.',
    patches: [{ file: retire, find: 'if (!refused && (await retire(', replace: 'if ((await retire(' }],
  },
  {
    name: 'deactivation-skipped',
    modes: [8],
    what: 'The old key is deleted at once instead of being made inactive first.',
    patches: [
      {
        file: 'lambda/steps/sources/iamUser.ts',
        find: 'await run.keys.deactivate(userName, id)',
        replace: 'await run.keys.remove(userName, id)',
      },
    ],
  },
  {
    name: 'not-looked-at-again',
    modes: [7, 8],
    what: 'A key is set Inactive by what was seen before, though the watchdog may have slept since.',
    patches: [{ file: end, find: 'await old.keys.revive(run, keyId);', replace: 'true;' }],
  },
  {
    name: 'unknown-key-deleted',
    modes: [9],
    what: 'Any key that no label and no record names is taken for a leftover of ours.',
    patches: [{ file: keys, find: 'key.keyId === slots.abandoned && ', replace: '' }],
  },
  {
    name: 'seen-key-deleted',
    modes: [9, 3],
    what: 'An unused key counts as the lost one, though it was there before the intent.',
    patches: [
      { file: keys, find: '    !intent.seen.includes(key.keyId) &&\n', replace: '' },
      {
        file: 'lambda/steps/sources/slots.ts',
        find: '(intent !== null && !intent.seen.includes(id))',
        replace: 'intent !== null',
      },
    ],
  },
  {
    name: 'unstored-key-is-a-strangers',
    modes: [3, 24],
    what: 'A key that we made and could not store is known by the intent alone, however late it was made.',
    patches: [{ file: keys, find: ' || isUnstored(key, slots)', replace: '' }],
    caughtBy: 'test/steps/makeKey.test.ts',
  },
  {
    name: 'foreign-key-discarded',
    modes: [9],
    what: 'The key of a version that is given up is deleted, whoever made it.',
    patches: [
      {
        file: 'lambda/steps/sources/iamUser.ts',
        find: 'if (made?.keyId === id) return',
        replace: "if (made?.keyId !== '') return",
      },
    ],
  },
  {
    name: 'previous-deleted-while-active',
    modes: [10, 7],
    what: 'The next rotation deletes the key of AWSPREVIOUS, retired or not: a short period becomes an outage.',
    patches: [
      { file: keys, find: 'key.keyId === slots.previous && !key.active)', replace: 'key.keyId === slots.previous)' },
    ],
  },
  {
    name: 'validation-after-the-effect',
    modes: [11],
    what: 'createSecret makes a key without looking whether anything stands in the way of setSecret.',
    patches: [
      {
        file: 'lambda/steps/createSecret.ts',
        find: 'mustBeClear([...blockersOf(surveys), ...missing]);',
        replace: 'void [mustBeClear, blockersOf, missing];',
      },
    ],
  },
  {
    name: 'rejected-for-ever',
    modes: [12],
    what: 'A version that the source refuses is tried again with each retry, without end.',
    patches: [
      {
        file: 'lambda/steps/giveUp.ts',
        find: 'export const mostFailedProofs = 2;',
        replace: 'export const mostFailedProofs: number = Infinity;',
      },
    ],
  },
  {
    name: 'alter-for-ever',
    modes: [12],
    what: 'A refused ALTER is repeated for as long as the invocation lasts, with everything paused.',
    patches: [
      {
        file: 'lambda/steps/bracket/change.ts',
        find: "    p.fail({ code: 'ALTER_REFUSED'",
        replace: "    if (p.run.endsAt === 0) p.fail({ code: 'ALTER_REFUSED'",
      },
    ],
  },
  {
    name: 'rollback-without-config',
    modes: [13],
    what: 'The way back gives the link its old credentials and leaves the new CONFIG.',
    patches: [
      {
        file: 'lambda/steps/change.ts',
        find: "config: direction === 'back' && record.bracket !== null ? before : forward,",
        replace: "config: direction === 'back' ? {} : forward,",
      },
    ],
  },
  {
    name: 'config-remembered-too-late',
    modes: [13],
    what: 'A retry takes the CONFIG that its predecessor has changed for the one to go back to.',
    patches: [
      { file: 'lambda/steps/change.ts', find: 'record.bracket?.config ?? configBefore(', replace: 'configBefore(' },
    ],
  },
  {
    name: 'either-version-is-settled',
    modes: [13],
    what: 'A link that may hold either version counts as moved.',
    patches: [
      {
        file: 'lambda/core/journal.ts',
        find: '  if (record === null || !holdsOnly(record, version)) return false;',
        replace: '  if (record === null || !mayHold(record, version)) return false;',
      },
    ],
  },
];
