import { join } from 'node:path';

/** Where `npm run build` writes `index.js`, and where CDK takes the function's code from: beside this folder, in the package too. */
export const bundleDirectory = join(__dirname, '..', 'dist', 'lambda');
