/** Types are checked by `npm run check`; here they are only stripped (isolatedModules). */
module.exports = {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testTimeout: 20_000,
  transform: { '^.+\\.ts$': ['ts-jest', { diagnostics: false }] },
};
