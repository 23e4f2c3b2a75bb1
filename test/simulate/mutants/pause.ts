import type { Mutant } from './mutant';

const bracket = 'lambda/core/bracket.ts';
const close = 'lambda/steps/bracket/close.ts';
const look = 'lambda/steps/bracket/look.ts';
const pause = 'lambda/steps/bracket/pause.ts';
const resume = 'lambda/steps/bracket/resume.ts';
const recover = 'lambda/steps/recover.ts';

/** Leaving consumers paused, or starting the wrong ones: modes 14 to 22. */
export const pauseMutants: readonly Mutant[] = [
  {
    name: 'journal-after-the-first-pause',
    modes: [14],
    what: 'The first pipeline is stopped before the names are written down.',
    patches: [
      {
        file: pause,
        find: '  const added = await writeChunks(',
        replace: `  const [first] = pipelines;
  if (first !== undefined) {
    p.stoppedAt.set(first, p.run.clock.now());
    await p.usable()[0]?.stop(first, statementMs);
  }
  const added = await writeChunks(`,
      },
    ],
  },
  {
    name: 'paused-set-in-memory',
    modes: [14],
    what: 'The journal says that something is paused; the names are kept in memory.',
    patches: [
      {
        file: pause,
        find: 'await writeChunks(p.run, p.record, header.id, p.chunks.length, members)',
        replace: '[members]',
      },
    ],
  },
  {
    name: 'record-cleared-before-all-run',
    modes: [14, 20],
    what: 'What was sent a START counts as running, without a look.',
    patches: [
      {
        file: resume,
        find: '    states: null,\n    driven:',
        replace:
          "    states: new Map([...(p.situation.states ?? []), ...pipelines.map((name) => [name, 'Running'] as const)]),\n    driven:",
      },
    ],
  },
  {
    name: 'resume-needs-iam',
    modes: [14],
    what: 'The watchdog asks IAM about the keys before it resumes anything.',
    patches: [
      {
        file: 'lambda/steps/former.ts',
        find: '  const nothing = new Set<QualifiedName>();\n',
        replace: `  const nothing = new Set<QualifiedName>();
  for (const { source } of run.definitions) if (source.type === 'iam-user') await run.keys.list(source.userName);
`,
      },
    ],
  },
  {
    name: 'resume-needs-the-definition',
    modes: [14],
    what: 'The watchdog looks only at secrets that ROTATIONS still names.',
    patches: [
      {
        file: recover,
        find: 'await resumeDead(run, () => true, 0, attempt.try)',
        replace:
          'await resumeDead(run, ({ secretId }) => run.definitions.some((one) => one.secretId === secretId), 0, attempt.try)',
      },
    ],
  },
  {
    name: 'pause-left-to-the-retry',
    modes: [14],
    what: 'The watchdog settles versions and retires keys, and leaves what is paused to the next retry.',
    patches: [
      {
        file: recover,
        find: 'await resumeDead(run, () => true, 0, attempt.try)',
        replace: "await resumeDead(run, ({ secretId }) => secretId === '', 0, attempt.try)",
      },
    ],
  },
  {
    name: 'resume-all',
    modes: [15],
    what: 'All pipelines of the link are in the set, those included that people had stopped.',
    patches: [{ file: bracket, find: 'new Set([...running, ...driven', replace: 'new Set([...s.users, ...driven' }],
  },
  {
    name: 'unknown-members-started-too',
    modes: [15],
    what: 'The end of a pause starts whatever is stopped on the link, not only what is in the set.',
    patches: [
      {
        file: bracket,
        find: 'const paused = [...s.members].filter((member) => {',
        replace: 'const paused = [...s.members, ...s.users].filter((member) => {',
      },
    ],
  },
  {
    name: 'member-known-by-its-name',
    modes: [15, 16],
    what: 'A pipeline that somebody dropped in the pause, made anew and left stopped is started, since its name is in the set.',
    patches: [
      {
        file: 'lambda/core/pipeline.ts',
        find: 'return recorded.createdAt !== null && seen.createdAt !== null && recorded.createdAt !== seen.createdAt;',
        replace: "return recorded.createdAt === '' && seen.createdAt === '';",
      },
    ],
  },
  {
    name: 'stop-meets-another',
    modes: [16, 17],
    what: 'A pipeline that somebody made anew and started just before our STOP stopped it counts as left Stopped by its maker.',
    patches: [
      {
        file: 'lambda/steps/bracket/remade.ts',
        find: 'others.length > 1 || p.sent.has(name)',
        replace: 'others.length > 1',
      },
    ],
  },
  {
    name: 'missing-member-is-fatal',
    modes: [16],
    what: 'A pipeline that was dropped meanwhile counts as still paused.',
    patches: [
      {
        file: bracket,
        find: 'return (isStopped(state) && ',
        replace: 'return state === undefined || (isStopped(state) && ',
      },
    ],
  },
  {
    name: 'newcomer-not-journalled',
    modes: [17],
    what: 'A pipeline that somebody starts in the window is stopped without being written down.',
    patches: [{ file: bracket, find: 'if (newcomers.length > 0 || !s.open)', replace: 'if (!s.open)' }],
  },
  {
    name: 'newcomer-not-looked-for',
    modes: [17],
    what: 'A pipeline made since the survey is not looked at, and the ALTER is refused for ever.',
    patches: [
      {
        file: look,
        find: '.filter((name) => !p.known.has(name))',
        replace: '.filter((name) => !p.known.has(name) && p.known.has(name))',
      },
    ],
  },
  {
    name: 'newcomers-for-ever',
    modes: [17],
    what: 'Newcomers are taken in without bound, with everybody else paused.',
    patches: [
      { file: pause, find: 'if (p.promises > 1 + attempts) {', replace: 'if (p.promises > 100_000 + attempts) {' },
    ],
  },
  {
    name: 'no-drain-budget',
    modes: [18],
    what: 'STOP is waited for as long as a batch lasts.',
    patches: [
      { file: pause, find: 'clock.now() + change.drainMs;', replace: 'clock.now() + change.drainMs + 86_400_000;' },
    ],
  },
  {
    name: 'stop-in-flight-abandoned',
    modes: [18, 24],
    what: 'When the drain budget is spent everything is started again, and the STOP that is still under way is left to itself.',
    // the journal watches such a STOP on, so what it stops is started later: only the pause is longer, which breaks no promise
    caughtBy: 'test/steps/resume.test.ts',
    patches: [
      {
        file: pause,
        find: '  p.set({ states: null, unanswered, killed: false });\n',
        replace: '  p.set({ states: null });\n',
      },
    ],
  },
  {
    name: 'late-stop-forgotten',
    modes: [18],
    what: 'Nobody watches a pipeline whose STOP may still come into effect.',
    patches: [{ file: close, find: 'lingering };', replace: 'lingering: lingering.slice(0, 0) };' }],
  },
  {
    name: 'error-taken-for-running',
    modes: [19],
    what: 'A pipeline that was in Error before is stopped and started with the others.',
    patches: [
      {
        file: 'lambda/core/pipeline.ts',
        find: `    case 'running':
      return 'running';
    case 'stopped':
    case 'error':`,
        replace: `    case 'running':
    case 'error':
      return 'running';
    case 'stopped':`,
      },
    ],
  },
  {
    name: 'any-error-restarted',
    modes: [19],
    what: 'A member that went into Error for a reason of its own is started again, for ever.',
    patches: [{ file: bracket, find: '(isInError(state) && s.driven.has(member))', replace: 'isInError(state)' }],
  },
  {
    name: 'driven-into-error-not-seen',
    modes: [20],
    what: 'Only stopped pipelines count as ours; one that the new credentials drove into Error is left there.',
    patches: [
      {
        file: look,
        find: '  return new Set([...known, ...(others.length === 0 ? [] : await credentialErrors(cluster, errorsAfter, others))]);',
        replace: '  return new Set([...known, ...others.slice(0, errorsAfter < 0 ? 1 : 0)]);\n  void cluster;',
      },
    ],
  },
  {
    name: 'old-batch-counts-as-proof',
    modes: [20, 33],
    what: 'A batch that loaded before the switch proves the new credentials.',
    patches: [
      {
        file: close,
        find: 'batchesAfter: batches.get(member.pipeline)?.ended ?? 0 }',
        replace: 'batchesAfter: 0 }',
      },
    ],
  },
  {
    name: 'age-not-reported',
    modes: [21],
    what: 'The alarm is told how many are paused, and never for how long.',
    patches: [
      {
        file: recover,
        find: "run.metrics.put('OldestPauseAgeSeconds', Math.round(oldest / 1_000), 'Seconds');",
        replace: "run.metrics.put('OldestPauseAgeSeconds', 0, 'Seconds');",
      },
    ],
  },
  {
    name: 'one-bad-link-holds-the-others',
    modes: [22],
    what: 'Links are moved one after the other, and the first that fails ends the work on all of the cluster.',
    patches: [
      {
        file: 'lambda/steps/move.ts',
        find: 'Math.min(parallelLinks, queue.length, cluster.lanes.length)',
        replace: 'Math.min(parallelLinks - 3, queue.length, cluster.lanes.length)',
      },
      {
        file: 'lambda/steps/move.ts',
        find: '        failed.push({ link: link.row.link, error: asRotationError(thrown) });',
        replace:
          '        failed.push({ link: link.row.link, error: asRotationError(thrown) });\n        queue.length = 0;',
      },
    ],
  },
  {
    name: 'one-dead-cluster-ends-the-watch',
    modes: [22],
    what: 'The watchdog ends with the first pause that it cannot end.',
    patches: [
      {
        file: recover,
        find: 'await resumeDead(run, () => true, 0, attempt.try)',
        replace: 'await resumeDead(run, () => true, 0)',
      },
    ],
  },
  {
    name: 'starts-in-no-order',
    modes: [14],
    what: 'Pipelines are started in the reverse of the order in which they were stopped.',
    // whoever is first breaks no promise
    caughtBy: 'test/steps/setSecret.test.ts',
    patches: [
      {
        file: resume,
        find: '(order.get(a) ?? 0) - (order.get(b) ?? 0)',
        replace: '(order.get(b) ?? 0) - (order.get(a) ?? 0)',
      },
    ],
  },
];
