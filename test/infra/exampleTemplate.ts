import { App } from 'aws-cdk-lib';
import { rmSync } from 'node:fs';
import { readSettings } from '../../infra/settings';
import { LinkRotationStack } from '../../infra/stack';

/** Of the app without context, as `npm run deploy` would send it: the example of the README. Takes a second. */
export function exampleTemplate(): object {
  const app = new App();
  const stack = new LinkRotationStack(app, 'SingleStoreLinkRotation', readSettings(app.node));
  const assembly = app.synth();
  try {
    return assembly.getStackArtifact(stack.artifactId).template as object;
  } finally {
    rmSync(assembly.directory, { recursive: true });
  }
}
