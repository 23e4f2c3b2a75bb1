import type { Mutant } from './mutant';

const createSecret = 'lambda/steps/createSecret.ts';
const finishSecret = 'lambda/steps/finishSecret.ts';
const makeKey = 'lambda/steps/sources/makeKey.ts';
const lease = 'lambda/steps/lease.ts';
const move = 'lambda/steps/move.ts';
const pause = 'lambda/steps/bracket/pause.ts';
const setSecret = 'lambda/steps/setSecret.ts';
const settle = 'lambda/steps/settle.ts';
const trials = 'lambda/steps/sources/trials.ts';

/** Time, order, concurrency: modes 23 to 32. */
export const orderMutants: readonly Mutant[] = [
  {
    name: 'second-value-for-one-token',
    modes: [23],
    what: 'createSecret makes new credentials each time it comes, whatever the version holds.',
    patches: [
      { file: createSecret, find: '  if (pending !== null) {', replace: '  if (pending !== null && version === "") {' },
      {
        file: makeKey,
        find: 'if (mayBeStored(held.item, rotation) && (await',
        replace: "if (rotation.version === '' && mayBeStored(held.item, rotation) && (await",
      },
    ],
  },
  {
    name: 'cleanup-only-after-the-label-move',
    modes: [23],
    what: 'What a promotion leaves to be done is done once, by the call that moved the label; a retry finds the version current and returns.',
    patches: [
      {
        file: 'lambda/steps/rotate.ts',
        find: "if (mustBeOurs(rotation) === 'current') await finishLeftovers(rotation, run);",
        replace: "void finishLeftovers;\n    if (mustBeOurs(rotation) === 'current') return;",
      },
      { file: settle, find: '  if (current !== null && free.some(', replace: "  if (current === '' && free.some(" },
    ],
  },
  {
    name: 'statements-behind-their-round',
    modes: [26],
    what: 'A lane whose guard took longer than its round sends its statement when everybody has gone on.',
    patches: [
      {
        file: 'lambda/steps/bracket/sweep.ts',
        find: '      if (over() || !lane.alive) return;',
        replace: '      if (!lane.alive) return;',
      },
    ],
    caughtBy: 'test/steps/sweep.test.ts',
  },
  {
    name: 'no-fence',
    modes: [24],
    what: 'The journal is written without condition: a zombie writes over its successor.',
    patches: [
      {
        file: lease,
        find: '(await this.run.table.write(this.kind, this.key, item, this.#revision)) ?? (await this.#writeOnOwn(item));',
        replace:
          'await this.run.table.write(this.kind, this.key, item, (await this.run.table.read(this.kind, this.key))?.revision ?? 0);\n    void this.#writeOnOwn;',
      },
    ],
  },
  {
    name: 'guard-omitted',
    modes: [24, 26],
    what: 'The lease is claimed once and not looked at again before an effect.',
    patches: [
      {
        file: lease,
        find: `    if (this.#left() < marginMs) await this.save((item) => item);
    if (this.#left() < marginMs) throw this.#lost();`,
        replace: '    void [marginMs, this.#left];\n    return Promise.resolve();',
      },
    ],
  },
  {
    name: 'predecessor-not-killed',
    modes: [24],
    what: 'A new holder leaves the connections of the one before alive, whose last statement may still come.',
    patches: [
      {
        file: 'lambda/steps/bracket/progress.ts',
        find: 'unanswered: mayAct(this.record, run.clock.now()).filter((id) => !cluster.connections().includes(id)),',
        replace: 'unanswered: cluster.connections().slice(0, 0),',
      },
    ],
  },
  {
    name: 'connections-not-recorded',
    modes: [24],
    what: 'The connection ids are written down with the end of the pause, so a successor knows of none.',
    patches: [
      {
        file: pause,
        find: '...through(item, union(item.connections, cluster.connections())),',
        replace: '...through(item, union(item.connections, cluster.connections().slice(0, 0))),',
      },
    ],
  },
  {
    name: 'second-alter-beside-the-first',
    modes: [24, 13],
    what: 'An ALTER is repeated while the first, unanswered, may still be on its way.',
    // both carry the same value, and none outlives its connection: what is lost is the knowledge, which the claims of the bracket look at
    caughtBy: 'test/steps/bracket.test.ts',
    patches: [
      {
        file: 'lambda/steps/bracket/change.ts',
        find: 'p.set({ states: null, unanswered: [lane.connectionId], killed: false });',
        replace: 'p.set({ states: null });',
      },
    ],
  },
  {
    name: 'config-from-before-the-lease',
    modes: [25, 13],
    what: 'What CONFIG was, for the way back, is taken from the survey, though somebody else had the lease since.',
    patches: [
      {
        file: move,
        find: 'rewritesMore(link, held.item, move) ? await linkNow(cluster, link.row.link) : ',
        replace: '',
      },
    ],
    caughtBy: 'test/steps/races.test.ts',
  },
  {
    name: 'read-before-lock',
    modes: [25],
    what: 'What the link holds is read before the lease is claimed, and believed afterwards.',
    patches: [
      {
        file: move,
        find: "    if (held.item.bracket?.phase === 'open' && move.direction === 'forward')",
        replace: "    if (link.record?.bracket?.phase === 'open' && move.direction === 'forward')",
      },
      {
        file: move,
        find: 'if (settledOn(held.item, move.value.version))',
        replace: 'if (settledOn(link.record, move.value.version))',
      },
      {
        file: move,
        find: 'changeFor({ ...link, row }, held.item, move)',
        replace: 'changeFor({ ...link, row }, link.record ?? initial, move)',
      },
    ],
  },
  {
    name: 'lease-taken-from-the-living',
    modes: [25],
    what: 'A lease is taken over though its holder is still at work.',
    patches: [
      {
        file: 'lambda/core/lease.ts',
        find: 'item.lease.holder !== holder && item.lease.until > now) return null;',
        replace: "item.lease.holder !== holder && holder === '') return null;",
      },
    ],
  },
  {
    name: 'lease-not-renewed',
    modes: [26],
    what: 'The lease is not renewed while a batch is waited for.',
    patches: [
      {
        file: lease,
        find: 'if (this.run.clock.now() - this.#renewedAt >= renewEveryMs)',
        replace: 'if (this.#renewedAt === renewEveryMs)',
      },
    ],
  },
  {
    name: 'effect-at-the-end-of-the-lease',
    modes: [26],
    what: 'The lease is looked at before an effect, but not whether it will last for the effect.',
    // it needs a call that takes seconds at that very moment
    caughtBy: 'test/steps/lease.test.ts',
    patches: [
      {
        file: lease,
        find: `    if (this.#left() < marginMs) await this.save((item) => item);
    if (this.#left() < marginMs) throw this.#lost();`,
        replace: `    if (this.#left() < marginMs - marginMs) await this.save((item) => item);
    if (this.#left() < marginMs - marginMs) throw this.#lost();`,
      },
    ],
  },
  {
    name: 'acceptance-not-awaited',
    modes: [27],
    what: 'Links are changed as soon as the key is made.',
    patches: [
      {
        file: setSecret,
        find: 'await sourceFor(definition.source).accepted(run, pending, current, probesOf(surveys), until);',
        replace: 'void [sourceFor, probesOf, until];',
      },
    ],
  },
  {
    name: 'sleep-instead-of-poll',
    modes: [27],
    what: 'Ten seconds are enough for a new key, so they are slept.',
    patches: [
      {
        file: setSecret,
        find: 'await sourceFor(definition.source).accepted(run, pending, current, probesOf(surveys), until);',
        replace: 'void [sourceFor, probesOf, until];\n      await run.clock.sleep(10_000);',
      },
    ],
  },
  {
    name: 'access-denied-is-not-yet',
    modes: [27],
    what: 'AccessDenied is waited out like a key that is not known yet.',
    patches: [
      {
        file: trials,
        find: "if (trial.is === 'denied') await mustBeDeniedToAll(probe);",
        replace: "if (trial.is === 'denied' && until === 0) await mustBeDeniedToAll(probe);",
      },
    ],
  },
  {
    name: 'one-yes-is-enough',
    modes: [27],
    what: 'The first yes of one endpoint counts for all.',
    patches: [{ file: trials, find: 'const cleanRounds = 2;', replace: 'const cleanRounds = 1;' }],
  },
  {
    name: 'unknown-key-taken-for-denied',
    modes: [27],
    what: 'InvalidAccessKeyId is read as "known, but not allowed".',
    // words of AWS's answers, behind the ports
    caughtBy: 'test/edge/trials.test.ts',
    patches: [
      {
        file: 'lambda/edge/trials.ts',
        find: "const denied = ['AccessDenied',",
        replace: "const denied = ['InvalidAccessKeyId', 'AccessDenied',",
      },
      { file: 'lambda/edge/trials.ts', find: "  'InvalidAccessKeyId',\n", replace: '' },
    ],
  },
  {
    name: 'loser-keeps-its-key',
    modes: [28, 23],
    what: 'The version has a value by the time ours is to be stored, the store keeps that one, and the key that we made stays.',
    patches: [{ file: makeKey, find: '  if (!stored) await run.keys.remove(userName, made.keyId);\n', replace: '' }],
  },
  {
    name: 'stale-read-is-believed',
    modes: [28],
    what: 'A pending value that cannot be read at once is taken for missing.',
    patches: [
      {
        file: 'lambda/steps/rotation.ts',
        find: 'const until = run.clock.now() + 5_000;',
        replace: 'const until = run.clock.now();',
      },
    ],
  },
  {
    name: 'time-left-not-looked-at',
    modes: [29],
    what: 'A pause is begun however little time is left.',
    patches: [
      {
        file: 'lambda/steps/survey.ts',
        find: '  if (left >= needed) return;\n  throw',
        replace: '  if (left >= needed || needed > 0) return;\n  throw',
      },
    ],
  },
  {
    name: 'reserve-not-kept',
    modes: [29],
    what: 'The time for change and resume is not kept free behind the drain budget.',
    patches: [
      {
        file: 'lambda/steps/survey.ts',
        find: 'definition.limits.drainSeconds * 1_000 + reserveMs;',
        replace: 'definition.limits.drainSeconds * 1_000 + reserveMs * 0;',
      },
    ],
  },
  {
    name: 'retired-by-age',
    modes: [30],
    what: 'Whether the old key is in use is told from how long ago it was used, not from the recorded switch.',
    patches: [
      {
        file: 'lambda/steps/evidence.ts',
        find: 'use.at < switchedAt)',
        replace: '(switchedAt > 0 && use.at < run.clock.now() - 3_600_000))',
      },
    ],
  },
  {
    name: 'due-date-moves-on',
    modes: [30],
    what: 'Each repetition of the last step counts the time to retirement anew.',
    patches: [
      {
        file: finishSecret,
        find: 'comesAfterProof(known, record)',
        replace: 'comesAfterProof({ ...known, switchedAt: -1 }, record)',
      },
    ],
  },
  {
    name: 'dangling-pending',
    modes: [31],
    what: 'A version that is given up keeps AWSPENDING, and every later rotation is refused.',
    patches: [
      {
        file: 'lambda/steps/giveUp.ts',
        find: "  await run.secrets.moveLabel(secret.arn, 'AWSPENDING', version, null);\n",
        replace: '',
      },
    ],
  },
  {
    name: 'abandoned-not-seen',
    modes: [32, 31],
    what: 'A version that lost its labels stays in the links that hold it.',
    patches: [
      { file: settle, find: 'if (lost !== undefined && lost !== null)', replace: "if (lost === '' && lost !== null)" },
    ],
  },
  {
    name: 'label-moved-back-by-force',
    modes: [32],
    what: 'A label that somebody moved is moved again, without asking.',
    patches: [
      {
        file: finishSecret,
        find: "const moved = await run.secrets.moveLabel(secret.arn, 'AWSCURRENT', from, version);",
        replace: `let moved = await run.secrets.moveLabel(secret.arn, 'AWSCURRENT', from, version);
  if (!moved) moved = await run.secrets.moveLabel(secret.arn, 'AWSCURRENT', labelled(await run.secrets.describe(secret.arn), 'AWSCURRENT'), version);`,
      },
    ],
  },
  {
    name: 'label-on-the-old-key-ignored',
    modes: [32],
    what: 'The old key is retired as recorded, though somebody moved AWSCURRENT back to it.',
    patches: [
      { file: 'lambda/steps/evidence.ts', find: 'if (labels.length === 0)', replace: 'if (labels.length < 1_000)' },
    ],
  },
  {
    name: 'end-forgotten-while-it-may-come',
    modes: [24, 8],
    what: 'An end that was taken back is forgotten at once, though the call of the dead run may be on its way.',
    patches: [
      {
        file: 'lambda/steps/end.ts',
        find: 'run.clock.now() < endingAt + actsYetMs',
        replace: 'endingAt + actsYetMs < 0',
      },
    ],
    caughtBy: 'test/steps/revive.test.ts',
  },
  {
    name: 'label-not-looked-at-again',
    modes: [32, 24],
    what: 'A link is given a version that lost its label while the lease was waited for.',
    patches: [
      {
        file: pause,
        find: '  if (p.promises === 1) await mustStillBeWanted(p, change);\n',
        replace: '  void mustStillBeWanted;\n',
      },
    ],
  },
  {
    name: 'rolled-back-to-a-dead-key',
    modes: [32],
    what: 'Links go back to AWSCURRENT though somebody has deactivated its key.',
    patches: [
      {
        file: 'lambda/steps/rollBack.ts',
        find: 'if (!(await source.works(run, current))) {',
        replace: "if (current.version === '' && !(await source.works(run, current))) {",
      },
    ],
  },
];
