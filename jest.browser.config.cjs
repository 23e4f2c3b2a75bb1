/** `npm run test:browser`: needs Debian's chromium. */
module.exports = {
  ...require('./jest.config.cjs'),
  roots: ['<rootDir>/test/browser'],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 60_000, // a browser on a busy machine is slow, not wrong
};
