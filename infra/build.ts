import { analyzeMetafileSync } from 'esbuild';
import { bundle } from './bundle';
import { bundleTool } from './tool';

async function main(): Promise<void> {
  const { stderr } = process;
  if (stderr.isTTY) stderr.write('building…');
  const [contents] = await Promise.all([bundle(), bundleTool()]);
  if (stderr.isTTY) stderr.write('\r\u001b[2K');
  if (process.argv.includes('--analyze')) console.log(analyzeMetafileSync(contents));
}

void main();
