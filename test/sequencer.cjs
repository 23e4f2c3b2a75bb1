const { default: Sequencer } = require('@jest/test-sequencer');

/** The enumeration first: it waits for processes of its own, and everything else is run beside them. */
module.exports = class extends Sequencer {
  sort(tests) {
    const rank = ({ path }) => (/[\\/]simulate[\\/]enumeration/.test(path) ? 0 : 1);
    return [...super.sort(tests)].sort((a, b) => rank(a) - rank(b));
  }
};
