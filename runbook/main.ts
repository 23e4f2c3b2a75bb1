import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runbook } from './page';

/** `npm run docs`: writes docs/runbook.md. */
writeFileSync(join(__dirname, '../docs/runbook.md'), runbook());
