/** For Stryker: a property that fails has caught its mutant, and nobody reads the smallest example. */
require('fast-check').configureGlobal({ endOnFailure: true });
