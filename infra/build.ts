import { analyzeMetafileSync } from 'esbuild';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { bundle } from './bundle';
import { bundleTool } from './tool';

async function main(): Promise<void> {
  const { stderr } = process;
  if (stderr.isTTY) stderr.write('building…');
  // a package has all that is there, and the compiler, which fills it behind this, leaves what it no longer makes
  rmSync(join(__dirname, '..', 'lib'), { recursive: true, force: true });
  const [contents] = await Promise.all([bundle(), bundleTool()]);
  if (stderr.isTTY) stderr.write('\r\u001b[2K');
  if (process.argv.includes('--analyze')) console.log(analyzeMetafileSync(contents));
}

void main();
