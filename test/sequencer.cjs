const { default: Sequencer } = require('@jest/test-sequencer');

/** Enumerations first, one for each worker: libraries that other files load slow every promise of their process down, sixfold. */
module.exports = class extends Sequencer {
  sort(tests) {
    const rank = ({ path }) => (/[\\/]simulate[\\/](?:singles|pairs)/.test(path) ? 0 : 1);
    return [...super.sort(tests)].sort((a, b) => rank(a) - rank(b));
  }
};
