import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(__dirname, '..', '..');
const folder = mkdtempSync(join(tmpdir(), 'foreign-'));
const modules = join(folder, 'node_modules');
const run = (program: string, args: readonly string[], cwd = folder): string =>
  execFileSync(program, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
const tsc = join(root, 'node_modules', '.bin', 'tsc');

const app = `
import { App, Stack } from 'aws-cdk-lib';
import { User } from 'aws-cdk-lib/aws-iam';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { LinkRotation, RotationSource } from 'singlestore-link-rotation';

const app = new App({ outdir: 'cdk.out' });
const stack = new Stack(app, 'Foreign');
const rotation = new LinkRotation(stack, 'Rotation', {
  source: RotationSource.iamUser(new User(stack, 'User')),
  targets: [{ connectionSecret: new Secret(stack, 'Connection'), links: ['analytics.*'] }],
  email: 'on-call@example.com',
});
console.log(rotation.secret.node.path);
app.synth();
`;

jest.setTimeout(180_000);
beforeAll(() => {
  mkdirSync(join(root, 'lib'), { recursive: true });
  writeFileSync(join(root, 'lib', 'removed.js'), ''); // of an older build
  run('npm', ['run', '--silent', 'build'], root);
  run(tsc, ['-p', 'infra/tsconfig.package.json'], root);
  run('npm', ['pack', '--silent', '--pack-destination', folder], root);
  writeFileSync(join(folder, 'package.json'), '{ "private": true }');
  const packed = readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? '';
  // peers are the app's own, and are here already: nothing has to be fetched
  const quietly = ['--offline', '--legacy-peer-deps', '--ignore-scripts', '--no-audit', '--no-fund'];
  run('npm', ['install', ...quietly, `./${packed}`]);
  for (const peer of ['aws-cdk-lib', 'constructs']) symlinkSync(join(root, 'node_modules', peer), join(modules, peer));
  mkdirSync(join(modules, '@types'));
  symlinkSync(join(root, 'node_modules', '@types', 'node'), join(modules, '@types', 'node'));
  for (const name of ['app.ts', 'module.mts']) writeFileSync(join(folder, name), app);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

test('the package brings the construct and the bundle, and no package but itself', () => {
  expect(readdirSync(modules).filter((name) => !name.startsWith('.'))).toEqual([
    '@types',
    'aws-cdk-lib',
    'constructs',
    'singlestore-link-rotation',
  ]);
  expect(readdirSync(join(modules, 'singlestore-link-rotation', 'dist', 'lambda'))).toContain('index.js');
});

test('the package has what this code compiles to, and nothing that an older build has left', () => {
  const lib = readdirSync(join(modules, 'singlestore-link-rotation', 'lib'));
  expect(lib).toContain('index.js');
  expect(lib).not.toContain('removed.js');
});

test('apps of somebody else, one of ES modules among them, compile against its types, all checked, and synthesise with its bundle', () => {
  run(tsc, ['--strict', '--module', 'node16', '--types', 'node', 'app.ts', 'module.mts']);
  for (const app of ['app.js', 'module.mjs'])
    expect(run(process.execPath, [app])).toBe('Foreign/Rotation/Shared/Rotation/Secret\n');
  const code = readdirSync(join(folder, 'cdk.out')).find((name) => name.startsWith('asset.')) ?? '';
  expect(readdirSync(join(folder, 'cdk.out', code))).toEqual(['index.js']);
});
