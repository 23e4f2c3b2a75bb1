import { Sandbox, type InvocationResult } from './sandbox';

export type { InvocationResult };

export interface LambdaOptions {
  /** Path of the CommonJS bundle that exports `handler`. */
  readonly bundle: string;
  /** The function's environment, added to what Lambda sets itself. Nothing of this process's environment is passed on. */
  readonly env: Record<string, string>;
  /** Time-out of one invocation in real ms, counted from the delivery of the event. @default 900_000, Lambda's maximum */
  readonly timeoutMs?: number;
  /** Every line that the function writes to stdout or stderr, as it comes. */
  readonly onLine?: (line: string) => void;
}

export interface Lambda {
  /** Calls the handler in a warm process that is free, else in a new one. Never rejects: a crash is an error like any other. */
  invoke(event: unknown): Promise<InvocationResult>;
  /** SIGKILL to every process, now. Invocations under way answer `Runtime.ExitError`. */
  kill(): void;
  /** Invocations under way. */
  readonly running: number;
  /** Lines of stdout and stderr of all processes since the start. */
  readonly output: string[];
  stop(): Promise<void>;
}

/** Plays Lambda for a built bundle: one process for each concurrent invocation, kept warm, replaced after a crash, a kill or a time-out. */
export function startLambda({ bundle, env, timeoutMs = 900_000, onLine }: LambdaOptions): Lambda {
  const output: string[] = [];
  const line = (text: string): void => {
    output.push(text);
    onLine?.(text);
  };
  const sandboxes = new Set<Sandbox>();
  return {
    output,
    get running() {
      return [...sandboxes].filter(({ busy }) => busy).length;
    },
    invoke(event) {
      let sandbox = [...sandboxes].find(({ busy, alive }) => alive && !busy);
      if (sandbox === undefined) {
        const started = new Sandbox(bundle, env, timeoutMs, line, () => sandboxes.delete(started));
        sandboxes.add((sandbox = started));
      }
      return sandbox.invoke(event);
    },
    kill() {
      for (const sandbox of sandboxes) sandbox.kill();
    },
    async stop() {
      await Promise.all([...sandboxes].map((sandbox) => sandbox.stop()));
    },
  };
}
