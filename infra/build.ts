import { analyzeMetafileSync } from 'esbuild';
import { bundle } from './bundle';

const { stderr } = process;
if (stderr.isTTY) stderr.write('building…');
const contents = bundle();
if (stderr.isTTY) stderr.write('\r\u001b[2K');
if (process.argv.includes('--analyze')) console.log(analyzeMetafileSync(contents));
