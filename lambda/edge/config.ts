import * as v from 'valibot';
import type { RotationDefinition } from '../core/definition';
import { RotationError } from '../core/errors';
import { parseLinkPattern, type LinkPattern } from '../core/names';

const text = v.pipe(v.string(), v.nonEmpty('must not be empty'));
/** A number with its bounds; the bounds are the message. */
const within = (lowest: number, highest: number) =>
  v.pipe(
    v.number(),
    v.check((n) => n >= lowest && n <= highest, `must be ${lowest} to ${highest}`),
  );
const whole = (highest: number) => v.pipe(within(1, highest), v.integer('must be a whole number'));

const link = v.pipe(
  v.string(),
  v.rawTransform<string, LinkPattern>(({ dataset, addIssue, NEVER }) => {
    const parsed = parseLinkPattern(dataset.value);
    if (parsed !== null) return parsed;
    addIssue({ message: `${JSON.stringify(dataset.value)} is not database.link` });
    return NEVER;
  }),
);
const list = <T extends v.GenericSchema>(item: T) => v.pipe(v.array(item), v.nonEmpty('must not be empty'));
const mapping = v.optional(v.record(text, text), {});

/** One entry for each type of source. */
const sources = [
  v.strictObject({
    type: v.literal('iam-user'),
    userName: v.pipe(v.string(), v.regex(/^[\w+=,.@-]{1,64}$/, 'must be the name of an IAM user, without path or ARN')),
  }),
  v.strictObject({ type: v.literal('mirror'), secretId: text, overlap: v.optional(v.boolean(), false) }),
] as const;

const definition = v.strictObject({
  secretId: text,
  source: v.variant('type', sources),
  targets: list(v.strictObject({ connectionSecretId: text, links: list(link) })),
  fields: v.optional(v.strictObject({ credentials: mapping, config: mapping }), {}),
  limits: v.optional(
    v.strictObject({
      drainSeconds: v.optional(whole(600), 60),
      proofSeconds: v.optional(whole(600), 60),
      connections: v.optional(whole(64), 16),
    }),
    {},
  ),
  retireAfterHours: v.optional(within(0, 8760), 24),
  restartAfterCredentialError: v.optional(v.boolean(), false),
});

/**
 * Reads rotation definitions (design, section 2.3).
 *
 * @returns the definitions with their defaults, or what is wrong, all of it, each with its path. A value is never
 *   repeated, since the text may come from a secret; a link that cannot be read is.
 */
export function parseDefinitions(json: string): { definitions: RotationDefinition[] } | { problems: string[] } {
  let parsed: unknown;
  try {
    parsed = JSON.parse(json); // its own error would quote the text
  } catch {
    return { problems: ['is neither JSON nor the ARN of a secret'] };
  }
  const result = v.safeParse(v.array(definition), parsed);
  const problems = [...(result.issues ?? []).map(inWords), ...duplicates(parsed)];
  return result.success && problems.length === 0 ? { definitions: result.output } : { problems };
}

function inWords(issue: v.BaseIssue<unknown>): string {
  const path = (issue.path ?? []).map(({ key }) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('');
  return path === '' ? complaint(issue) : `${path}: ${complaint(issue)}`;
}

function complaint({ kind, expected, received, message }: v.BaseIssue<unknown>): string {
  if (kind !== 'schema') return message;
  if (expected === 'never') return 'is not a known key';
  return received === 'undefined' ? 'is missing' : `must be ${expected ?? 'something else'}`;
}

/** Two entries for one secret would rotate it twice. */
function duplicates(parsed: unknown): string[] {
  const ids = Array.isArray(parsed) ? parsed.map((entry: { secretId?: unknown } | null) => entry?.secretId) : [];
  return ids.flatMap((id, at) => {
    const first = ids.indexOf(id);
    return typeof id === 'string' && first < at ? [`[${at}].secretId: is that of [${first}] too`] : [];
  });
}

export interface Settings {
  readonly definitions: readonly RotationDefinition[];
  /** The DynamoDB table of the journal. */
  readonly table: string;
}

/**
 * Reads `ROTATIONS` and `JOURNAL_TABLE` (design, section 2.2).
 *
 * @param readSecret the text of a secret's current version, or `null` without one; called when `ROTATIONS` is an ARN
 * @throws CONFIG_INVALID, which names every offending path; what `readSecret` throws
 */
export async function readSettings(
  env: NodeJS.ProcessEnv,
  readSecret: (arn: string) => Promise<string | null>,
): Promise<Settings> {
  const table = env['JOURNAL_TABLE']?.trim() ?? '';
  const rotations = env['ROTATIONS']?.trim() ?? '';
  const json = /^arn:aws[\w-]*:/.test(rotations) ? await readSecret(rotations) : rotations;
  const parsed =
    json === null || json === ''
      ? { problems: ['must be a JSON array of rotation definitions, or the ARN of a secret that holds it'] }
      : parseDefinitions(json);
  const problems = [
    ...('problems' in parsed ? parsed.problems.map((problem) => `ROTATIONS ${problem}`) : []),
    ...(table === '' ? ['JOURNAL_TABLE must name a DynamoDB table'] : []),
  ];
  if ('definitions' in parsed && problems.length === 0) return { definitions: parsed.definitions, table };
  throw new RotationError(
    'CONFIG_INVALID',
    `the configuration of the function is wrong, so nothing was done: ${problems.join('; ')}. Correct it and deploy again.`,
  );
}
