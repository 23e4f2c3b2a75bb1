import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** From this file as from the built one, `dist/cli/index.js`, the package is two folders up. */
const description = join(__dirname, '..', '..', 'package.json');

/** The version of the package that this tool is part of. */
export const ownVersion = (): string => (JSON.parse(readFileSync(description, 'utf8')) as { version: string }).version;
