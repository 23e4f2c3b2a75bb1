process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true'; // of Node 20, once for each file

module.exports = {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/outside/', '<rootDir>/test/browser/'], // need programs that npm does not install
  testTimeout: 20_000,
  runtime: '<rootDir>/test/runtime.cjs',
  testSequencer: '<rootDir>/test/sequencer.cjs',
  maxWorkers: '100%', // half of the time is waiting: for batches, time-outs and other processes
  transform: { '^.+\\.ts$': '<rootDir>/test/transform.cjs' },
};
