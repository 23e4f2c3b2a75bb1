import { claimPairs } from './claims';

claimPairs({ at: 1, of: 2 });
