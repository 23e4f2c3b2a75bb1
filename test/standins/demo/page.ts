import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import type { Stage } from './stage';

/** Keeps the status as a page for a browser. @returns a sentence with the file's path, as seen from where one stands */
export async function writePage(stage: Stage, file: string): Promise<string> {
  const page = await stage.page();
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, page);
  return `\nHow it stands now, as the dashboard shows it: ${relative(process.cwd(), file)}`;
}
