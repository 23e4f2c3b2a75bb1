import { App } from 'aws-cdk-lib';
import { bundle } from './bundle';
import { readSettings } from './settings';
import { LinkRotationStack } from './stack';

bundle(); // so that `cdk deploy`, run by hand, never deploys an old build
const app = new App();
new LinkRotationStack(app, 'SingleStoreLinkRotation', readSettings(app.node));
