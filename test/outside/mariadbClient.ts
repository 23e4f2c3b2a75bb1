import { execFile } from 'node:child_process';

export interface Run {
  readonly status: number;
  readonly output: string;
  readonly errors: string;
}

/** Runs MariaDB's command-line client with `input` on its standard input, at a server on 127.0.0.1. */
export function runClient(port: number, password: string, input: string, options: readonly string[]): Promise<Run> {
  const run = ['--no-defaults', '--protocol=tcp', '--host=127.0.0.1', `--port=${port}`, ...options];
  return new Promise((resolve) => {
    const env = { ...process.env, MYSQL_PWD: password };
    const child = execFile('mariadb', run, { env, maxBuffer: 1 << 24 }, (error, output, errors) => {
      resolve({ status: error === null ? 0 : Number(error.code), output, errors });
    });
    child.stdin!.end(input);
  });
}
