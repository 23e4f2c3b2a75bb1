import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';

/** Which part of the work a process does: this one of so many. */
export interface Part {
  readonly at: number;
  readonly of: number;
}

/** Runs this program once more on each core, each with its part of the work. @returns what each reported, in order of arrival */
export async function onAllCores<Report>(program: string, args: readonly string[]): Promise<readonly Report[]> {
  const of = availableParallelism();
  const reports: Report[] = [];
  await Promise.all(
    Array.from(
      { length: of },
      (_, at) =>
        new Promise<void>((resolve, reject) => {
          const child = fork(program, [...args, '--part', `${at}/${of}`]);
          child.on('message', (report) => reports.push(report as Report));
          child.on('error', reject);
          child.on('exit', (code) => {
            if (code === 0) resolve();
            else reject(new Error(`worker ${at} ended with ${code ?? 'a signal'}`));
          });
        }),
    ),
  );
  return reports;
}

/** @throws when it is not what `onAllCores` gives. */
export function readPart(text: string): Part {
  const [at, of] = text.split('/').map(Number);
  if (at === undefined || of === undefined || !(at < of)) throw new Error(`no part: ${text}`);
  return { at, of };
}
