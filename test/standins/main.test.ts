import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { join } from 'node:path';

const children = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};
const describeOnLinux = process.platform === 'linux' ? describe : describe.skip; // by /proc, what runs is known exactly

describeOnLinux('the demonstration', () => {
  /** Its process and the function's, in the middle of setSecret. */
  async function startDemo() {
    const demo = spawn(process.execPath, ['--import', 'tsx', join(__dirname, 'main.ts')]);
    demo.stderr.setEncoding('utf8');
    const said = { stderr: '' };
    demo.stderr.on('data', (text: string) => (said.stderr += text));
    for await (const line of createInterface(demo.stdout)) if (line.includes('createSecret')) break;
    const started = children(demo.pid!);
    expect(started).not.toEqual([]);
    return { demo, started, said, exited: once(demo, 'exit') };
  }
  const gone = async (pids: readonly number[]): Promise<void> => {
    while (pids.some(isAlive)) await new Promise(setImmediate);
  };

  test('ends in silence when nobody reads it any more, and the function with it', async () => {
    const { demo, started, said, exited } = await startDemo();
    demo.stdout.destroy();
    expect(await exited).toEqual([2, null]);
    await gone(started);
    expect(said.stderr).toBe('');
  });

  test('leaves no process behind when it is killed', async () => {
    const { demo, started, exited } = await startDemo();
    demo.kill('SIGKILL');
    await exited;
    await gone(started);
  });

  test('says that it was interrupted, and ends', async () => {
    const { demo, started, said, exited } = await startDemo();
    demo.kill('SIGINT');
    expect(await exited).toEqual([2, null]);
    await gone(started);
    expect(said.stderr).toBe('interrupted\n');
  });
});
