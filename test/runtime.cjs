const { createRequire } = require('node:module');
const { default: Runtime } = require('jest-runtime');

/** Nothing of these depends on which realm an `Error` or an `ArrayBuffer` is of; of the AWS SDK, it does. */
const shared = /^(?:aws-cdk-lib|constructs|cdk-nag)(?:\/|$)/;

/** Loads the CDK once for each worker, outside the sandbox. Inside, it is loaded anew for each file: half of what most claims about infra/ take. */
module.exports = class extends Runtime {
  requireModuleOrMock(from, name) {
    if (!shared.test(name)) return super.requireModuleOrMock(from, name);
    // The rules that CDK itself holds every template to take seconds; `npm run synth` has them. Out here the CDK sees
    // nothing of the environment that a test has for its own.
    process.env.CDK_VALIDATION = 'false';
    return createRequire(from)(name);
  }

  teardown() {
    delete process.env.CDK_VALIDATION; // what other files start is told nothing
    super.teardown();
  }
};
