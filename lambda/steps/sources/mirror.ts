import { trialCalls } from '../../core/calls';
import { RotationError } from '../../core/errors';
import { parseFlatSecret } from '../../core/secret';
import type { Invocation, SecretValue } from '../../ports';
import { updateSecretRecord, type Value } from '../rotation';
import { accessKeyId, awsCredentials, keyField, secretField } from './awsKeys';
import { stillWork, waitUntilAccepted } from './trials';
import type { Source } from '.';

/** The AWSCURRENT value of another secret: for credentials that a person, a managed rotation or another function makes. */
export function mirror(secretId: string, overlap: boolean): Source {
  return {
    overlap,
    keyId: accessKeyId,
    isComplete: (fields) => fields.size > 0,
    create: async (run, { secret, version, rotationToken }, { current }) => {
      const mirrored = await mirroredValue(run, secretId, current);
      // where another value stood there first this one is not taken over: it is for the next look at the mirrored secret
      if (!(await run.secrets.put(secret.arn, version, mirrored.value, rotationToken))) return;
      await updateSecretRecord(run, secret.arn, (record) => ({ ...record, mirrored: mirrored.version }));
      run.log.info('value-mirrored', { version, from: secretId, mirroredVersion: mirrored.version });
    },
    next: async (run) => {
      const { value } = await mirroredValue(run, secretId, null);
      const fields = parseFlatSecret(value, `the mirrored secret ${secretId}`);
      return { keys: [...fields.keys()], fields };
    },
    exists: async (run, pending) => (await mirroredValue(run, secretId, null)).value.equals(pending.value),
    works: async (run, { fields }) => {
      const credentials = awsCredentials(fields);
      return credentials === null || stillWork(run, credentials);
    },
    accepted: async (run, pending, current, probes, until) => {
      const fresh = awsCredentials(pending.fields);
      // other kinds cannot be tried from here: testSecret finds out, through the pipelines
      if (fresh === null || fresh.keyId === (current === null ? undefined : accessKeyId(current.fields))) return;
      await waitUntilAccepted(run, fresh, current === null ? null : awsCredentials(current.fields), probes, until);
    },
    obstacles: async (run, _secret, { current }) => {
      try {
        await mirroredValue(run, secretId, current);
        return [];
      } catch (thrown) {
        if (thrown instanceof RotationError) return [thrown];
        throw thrown;
      }
    },
    // secrets of other kinds are not tried
    calls: trialCalls,
    keys: null,
  };
}

/** @param current what the links are thought to hold: the new value must be of its kind. @throws SECRET_UNREADABLE, SECRET_SHAPE */
async function mirroredValue(run: Invocation, secretId: string, current: Value | null): Promise<SecretValue> {
  const mirrored = await run.secrets.read(secretId, { label: 'AWSCURRENT' });
  if (mirrored === null) {
    throw new RotationError(
      'SECRET_UNREADABLE',
      `the mirrored secret ${secretId} does not exist or has no value. Nothing was changed. Store a value in it, or correct "source" in ROTATIONS.`,
    );
  }
  const fields = parseFlatSecret(mirrored.value, `the mirrored secret ${secretId}`);
  const pair = awsCredentials(fields) !== null;
  const half = !pair && (fields.has(keyField) || fields.has(secretField));
  const lost = !pair && current !== null && awsCredentials(current.fields) !== null;
  if (fields.size > 0 && !half && !lost) return mirrored;
  const what = half || lost ? `no whole pair of ${keyField} and ${secretField}` : 'no keys';
  throw new RotationError(
    'SECRET_SHAPE',
    `the mirrored secret ${secretId} has ${what}. Nothing was changed. Store a whole value in it; its change starts a rotation.`,
  );
}
