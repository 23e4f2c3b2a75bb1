import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { bundle } from './bundle';
import { readSettings } from './settings';
import { LinkRotationStack } from './stack';
import { bundleTool } from './tool';

async function main(): Promise<void> {
  // so that `cdk deploy`, run by hand, never deploys an old build, and whoever has deployed has the tool
  await Promise.all([bundle(), bundleTool()]);
  const app = new App();
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  new LinkRotationStack(app, 'SingleStoreLinkRotation', readSettings(app.node));
}

main().catch((error: unknown) => {
  // what was given is wrong, and the message says what; where in this code that was noticed helps nobody
  console.error(error instanceof Error ? error.message : error);
  process.exit(1); // at once: at its end the process would write what is there of the app
});
