import type { RotationDefinition } from '../core/definition';
import { settledOn, type ConfigValue, type LinkRecord } from '../core/journal';
import { membersOf, objectOf, type Json } from '../core/json';
import { configBefore, linkConfig, linkCredentials, mergeConfig } from '../core/secret';
import type { LinkRow } from '../ports';
import type { Change } from './bracket/progress';
import { missingFields } from './fields';
import type { Value } from './rotation';
import { sourceFor } from './sources';
import type { SurveyedLink } from './survey';

/** Where links are to go. */
export interface Move {
  /** The value that links are thought to hold; `null` when nobody knows. A link that holds it already, under another version, is not paused. */
  readonly current: Value | null;
  readonly definition: RotationDefinition;
  /** Full ARN of the rotated secret. */
  readonly arn: string;
  readonly value: Value;
  readonly direction: Change['direction'];
  /** Also start pipelines found in Error whose last error is a credential error after this time, epoch milliseconds; `null`: none. */
  readonly restartErrorsAfter: number | null;
}

/** The change that a move makes to one link. */
export function changeFor(
  { row, grammar }: SurveyedLink,
  record: LinkRecord,
  { definition, arn, value, direction }: Move,
): Omit<Change, 'errorsAfter'> {
  const where = `version ${value.version} of ${arn}`;
  const wanted = linkConfig(value.fields, definition.fields, where);
  // an earlier try of this rotation may have changed CONFIG: what it found is what to go back to
  const before = record.bracket?.config ?? configBefore(row.config, [...wanted.keys()]);
  const forward = toSet(wanted);
  return {
    to: versionOf(definition, value),
    direction,
    credentials: linkCredentials(value.fields, definition.fields, where),
    config: direction === 'back' && record.bracket !== null ? before : forward,
    configBefore: before,
    grammar,
    row,
    secretId: arn,
    drainMs: definition.limits.drainSeconds * 1_000,
  };
}

/** Whether the change depends on what else the link has: it sets keys of CONFIG, or makes the link anew as a whole. */
export function rewritesMore(
  { grammar }: SurveyedLink,
  { bracket }: LinkRecord,
  { definition, value }: Pick<Move, 'definition' | 'value'>,
): boolean {
  const wanted = linkConfig(value.fields, definition.fields, `version ${value.version}`);
  return grammar === 'replace' || wanted.size > 0 || Object.keys(bracket?.config ?? {}).length > 0;
}

const toSet = (wanted: ReadonlyMap<string, Json>): Readonly<Record<string, ConfigValue>> =>
  Object.fromEntries([...wanted].map(([key, json]) => [key, { json }]));

/** How the journal names a value. */
export function versionOf({ source }: RotationDefinition, { version, fields }: Value): Change['to'] {
  const keyId = sourceFor(source).keyId(fields);
  return { version, ...(keyId === undefined ? {} : { keyId }) };
}

/** Whether the link has what the move would give it: nothing to pause for. One without a record is thought to hold AWSCURRENT, unless its CONFIG shows otherwise. */
export function holdsSameValue(
  { row, record }: Pick<SurveyedLink, 'row' | 'record'>,
  {
    current,
    value,
    definition,
    direction,
  }: Pick<Move, 'current' | 'definition' | 'direction'> & {
    readonly value: Pick<Value, 'version' | 'fields'>;
  },
): boolean {
  if (direction === 'back' || current === null) return false;
  // a value from before `fields` asked for a key, or from before there was one, is another value
  if ([current, value].some(({ fields }) => missingFields(definition, [...fields.keys()]).length > 0)) return false;
  const given = ({ fields, version }: Pick<Value, 'version' | 'fields'>) => ({
    credentials: linkCredentials(fields, definition.fields, `version ${version}`),
    config: linkConfig(fields, definition.fields, `version ${version}`),
  });
  const [before, after] = [given(current), given(value)];
  const unrecorded = record === null || record.holds.length === 0;
  return (
    (unrecorded ? shows(row, before.config) : settledOn(record, current.version)) &&
    before.credentials.equals(after.credentials) &&
    objectOf(before.config) === objectOf(after.config)
  );
}

/** Whether a link's CONFIG has these keys as they are; nothing asked, nothing read. */
const shows = (row: LinkRow, wanted: ReadonlyMap<string, Json>): boolean =>
  wanted.size === 0 || (membersOf(row.config) !== null && mergeConfig(row.config, toSet(wanted), 'link') === null);
