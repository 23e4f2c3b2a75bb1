import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { Stage } from './stage';

const root = join(__dirname, '..', '..', '..');

/** Keeps the status as a page for a browser. @returns the file's path, as seen from where one stands */
export async function writePage(stage: Stage, file = join(root, 'dist', 'demo', 'status.html')): Promise<string> {
  const page = await stage.page();
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, page);
  return relative(process.cwd(), file);
}
