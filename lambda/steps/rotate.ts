import { asRotationError, RotationError } from '../core/errors';
import type { Request, Step } from '../core/event';
import { waitForLeaseMs } from '../core/lease';
import type { Invocation } from '../ports';
import { createSecret } from './createSecret';
import { finishLeftovers, finishSecret } from './finishSecret';
import { begin, stepDone, stepFailed } from './history';
import { resumeDead } from './recover';
import { definitionOf, mustBeOurs, type Rotation } from './rotation';
import { setSecret } from './setSecret';
import { testSecret } from './testSecret';

const steps: Readonly<Record<Step, (rotation: Rotation, run: Invocation) => Promise<void>>> = {
  createSecret,
  setSecret,
  testSecret,
  finishSecret,
};

/** One step of a rotation. Any step may come again, in any state that any death can have left. */
export async function rotate(request: Extract<Request, { type: 'rotation' }>, run: Invocation): Promise<void> {
  const { step, secretId, version, rotationToken } = request;
  const definition = definitionOf(run, secretId);
  const secret = await run.secrets.describe(secretId);
  const rotation: Rotation = { definition, secret, version, ...(rotationToken === undefined ? {} : { rotationToken }) };
  const where = { step, secretId: secret.arn, version };
  run.log.info('step-started', where);
  try {
    // what a dead run of this secret left paused is resumed before anything else, even when this call is then refused
    await resumeDead(run, (record) => record.secretId === secret.arn, waitForLeaseMs);
    if (mustBeOurs(rotation) === 'current') await finishLeftovers(rotation, run);
    else {
      if (step === 'createSecret') await begin(run, rotation);
      await steps[step](rotation, run);
    }
    await stepDone(run, rotation, step);
  } catch (thrown) {
    run.metrics.put('RotationFailed', 1, 'Count');
    await stepFailed(run, rotation, step, asRotationError(thrown));
    if (!(thrown instanceof RotationError)) throw thrown;
    throw new RotationError(thrown.code, `${step}: ${thrown.message.slice(thrown.code.length + 2)}`);
  }
  run.log.info('step-done', where);
}
