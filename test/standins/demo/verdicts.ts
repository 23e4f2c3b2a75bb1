import { leaksIn } from './leaks';
import type { Options } from './options';
import type { Played } from './scenario';
import { pausesOf } from './timeline';

export interface Verdict {
  readonly name: string;
  readonly good: boolean;
  /** What it rests on, or what is wrong. */
  readonly says: string;
}

/** What the servers saw, measured against the promises. Nothing here asks the function. */
export const verdicts = (played: Played, scenario: Options['scenario']): readonly Verdict[] => [
  scenario === 'fail' ? untouched(played) : rotated(played),
  ...(scenario === 'crash' ? [crashed(played)] : []),
  pipelinesAsFound(played),
  credentialAlways(played),
  noSecret(played),
];

const verdict = (name: string, wrong: readonly string[], fine: string): Verdict => ({
  name,
  good: wrong.length === 0,
  says: wrong.length === 0 ? fine : wrong.slice(0, 5).join('; '),
});

/** The link holds what the store calls current, and that is not what it was. */
function rotated({ outcome, before, after, evidence, error }: Played): Verdict {
  const current = after.labels['AWSCURRENT'];
  const held = Object.values(evidence.moments.at(-1)?.links ?? {});
  const wrong = [
    ...(outcome === 'succeeded' ? [] : [`the rotation ${outcome}: ${error ?? 'no step said why'}`]),
    ...(current === before.labels['AWSCURRENT'] ? ['AWSCURRENT is still the key from before'] : []),
    ...held
      .filter((key) => key !== current)
      .map((key) => `the link holds ${key}, AWSCURRENT is ${current ?? 'no key'}`),
  ];
  return verdict('Rotated', wrong, 'the link and AWSCURRENT are on the new key');
}

/** The rotation failed before it paused anything. */
function untouched({ outcome, before, after, evidence, error = '' }: Played): Verdict {
  const stops = (evidence.statements ?? []).filter(({ kind }) => kind === 'stop-pipeline').length;
  const wrong = [
    ...(outcome === 'succeeded' ? ['the rotation succeeded with a key that is denied'] : []),
    ...(error.includes('CREDENTIALS_DENIED') ? [] : [`it failed for another reason: ${error}`]),
    ...(stops > 0 ? [`${stops} STOP PIPELINE were sent`] : []),
    ...(evidence.transitions.length > 0 ? [`${evidence.transitions.length} changes of a pipeline's state`] : []),
    ...(before.labels['AWSCURRENT'] === after.labels['AWSCURRENT'] ? [] : ['AWSCURRENT was moved']),
  ];
  return verdict(
    'Nothing paused',
    wrong,
    'refused before the first STOP: no pipeline changed its state, AWSCURRENT stayed',
  );
}

/** The kill came in the middle of a pause, so that there was something to repair. */
function crashed({ evidence }: Played): Verdict {
  const longest = Math.max(0, ...pausesOf(evidence.transitions).map(({ from, to }) => (to ?? Infinity) - from));
  const lost = (evidence.statements ?? []).filter(({ outcome }) => outcome === 'dropped').length;
  const wrong = [
    ...(lost === 0 ? ['the function was not killed'] : []),
    ...(longest < 1_000 ? ['nothing was paused when it was killed'] : []),
  ];
  return verdict(
    'Repaired',
    wrong,
    `killed in the pause; the watchdog ended it after ${(longest / 1000).toFixed(1)} s`,
  );
}

/** P1. */
function pipelinesAsFound({ before, after, evidence }: Played): Verdict {
  const ran = [...before.states].filter(([, state]) => state === 'Running').map(([pipeline]) => pipeline);
  const rest = [...before.states].filter(([, state]) => state !== 'Running');
  const started = new Set(
    evidence.transitions
      .filter(({ to }) => to === 'Running')
      .map(({ database, pipeline }) => `${database}.${pipeline}`),
  );
  const wrong = [
    ...ran
      .filter((pipeline) => after.states.get(pipeline) !== 'Running')
      .map((pipeline) => `${pipeline} ran, and is ${after.states.get(pipeline) ?? 'gone'}`),
    ...rest
      .filter(([pipeline]) => started.has(pipeline))
      .map(([pipeline, state]) => `${pipeline} was ${state}, and was started`),
    ...rest
      .filter(([pipeline, state]) => after.states.get(pipeline) !== state)
      .map(([pipeline, state]) => `${pipeline} was ${state}, and is ${after.states.get(pipeline) ?? 'gone'}`),
  ];
  const fine = `${ran.length} of ${ran.length} pipelines that ran are running; the ${rest.length} that did not were never started`;
  return verdict('P1', wrong, fine);
}

/** P2. */
function credentialAlways({ evidence: { moments, looks, requests } }: Played): Verdict {
  const wrong = moments.flatMap(({ at, links, accepted, labels }) => {
    const when = new Date(at).toISOString().slice(11, 23);
    const { AWSCURRENT: current = 'no key' } = labels;
    return [
      ...(accepted.includes(current) ? [] : [`at ${when} AWSCURRENT was ${current}, which AWS did not accept`]),
      ...Object.entries(links).flatMap(([link, key]) => [
        ...(accepted.includes(key) ? [] : [`at ${when} ${link} held ${key}, which AWS did not accept`]),
        ...(Object.values(labels).includes(key) ? [] : [`at ${when} ${link} held ${key}, which no label names`]),
      ]),
    ];
  });
  // what a link holds that nobody can look into is seen by what its pipelines sign with, once the key works
  const worked = new Set<string>();
  const dead = requests.filter(({ service, outcome, accessKeyId }) => {
    if (service !== 's3') return false;
    if (outcome !== 'InvalidClientTokenId') worked.add(accessKeyId);
    return outcome === 'InvalidClientTokenId' && worked.has(accessKeyId);
  });
  if (dead.length > 0) wrong.push(`${dead.length} requests to S3 were signed with a dead key`);
  const subject = moments.some(({ links }) => Object.keys(links).length > 0)
    ? "the link's key and AWSCURRENT's"
    : "AWSCURRENT's key and every key that a pipeline signed with";
  return verdict(
    'P2',
    wrong,
    `checked ${looks} times, before every request and statement: ${subject} worked each time`,
  );
}

function noSecret({ evidence: { outputs, secrets } }: Played): Verdict {
  const wrong = Object.entries(outputs).flatMap(([where, texts]) => {
    const found = leaksIn(texts, secrets).length;
    return found === 0 ? [] : [`${where}: ${found} of ${secrets.length}`];
  });
  const count = Object.values(outputs).reduce((sum, texts) => sum + texts.length, 0);
  return verdict(
    'No secret',
    wrong,
    `${secrets.length} secrets, raw and encoded, are in none of ${count} texts: ${Object.keys(outputs).join(', ')}`,
  );
}
