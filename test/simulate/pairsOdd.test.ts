import { claimPairs } from './pairs';

claimPairs({ at: 1, of: 2 });
