import { claimPairs } from './claims';

claimPairs({ at: 0, of: 2 });
