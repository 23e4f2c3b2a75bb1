import { claimSingles } from './claims';

claimSingles({ at: 1, of: 2 });
