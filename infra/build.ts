import { analyzeMetafileSync } from 'esbuild';
import { bundle } from './bundle';

const contents = bundle();
if (process.argv.includes('--analyze')) console.log(analyzeMetafileSync(contents));
