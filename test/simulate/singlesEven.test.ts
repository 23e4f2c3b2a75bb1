import { claimSingles } from './claims';

claimSingles({ at: 0, of: 2 });
