/** `npm run test:outside`: needs Debian's mariadb-client-core and mariadb-server-core. */
module.exports = {
  ...require('./jest.config.cjs'),
  roots: ['<rootDir>/test/outside'],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 60_000, // processes and sockets in real time: a busy machine is slow, not wrong
};
