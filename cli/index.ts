import { paperFor } from './render/paper';
import { main } from './program';

process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true'; // nobody's question here

const { stdout, stderr } = process;
stdout.on('error', () => process.exit()); // nobody reads on (`… | head -1`)
const write = stdout.write.bind(stdout); // the function's own lines never come here, even when it runs in this process

void main(process.argv, {
  env: process.env,
  paper: paperFor(stdout, process.env),
  out: (text) => void write(`${text}\n`),
  err: (text) => void stderr.write(`${text}\n`),
  moving: stdout.isTTY ? (text) => void write(`\r\u001b[2K${text}`) : null,
  now: () => performance.now(),
  sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
}).then((code) => {
  process.exitCode = code;
});
