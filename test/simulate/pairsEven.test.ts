import { claimPairs } from './pairs';

claimPairs({ at: 0, of: 2 });
