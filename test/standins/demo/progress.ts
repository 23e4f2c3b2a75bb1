import { setTimeout as delay } from 'node:timers/promises';

/** What people see meanwhile: on a terminal a moving line, elsewhere only the line of what is done. */
export interface Progress {
  /** @param expectedMs how long it waits at least, shown as a bar. @returns what puts the line of how it ended in its place */
  begin(what: string, expectedMs?: number): (line: string) => void;
  /** Waits, and shows how long still. */
  wait(milliseconds: number, why: string): Promise<void>;
  say(line: string): void;
}

const frames = ['⠋', '⠙', '⠸', '⠴', '⠦', '⠇'];
const barWidth = 24;

export function openProgress(out: NodeJS.WriteStream): Progress {
  const draw = (text: string): void => {
    if (out.isTTY) out.write(`\r\u001b[2K  ${text.slice(0, out.columns - 3)}`);
  };
  const say = (line: string): void => {
    out.write(out.isTTY ? `\r\u001b[2K${line}\n` : `${line}\n`);
  };
  const bar = (passed: number, whole: number): string => {
    const full = Math.min(barWidth, Math.round((passed / whole) * barWidth));
    return `${'█'.repeat(full)}${'░'.repeat(barWidth - full)}`;
  };
  return {
    say,
    begin(what, expectedMs = 0) {
      const from = Date.now();
      const tick = (): void => {
        const passed = Date.now() - from;
        const sign = passed < expectedMs ? bar(passed, expectedMs) : frames[Math.floor(passed / 100) % frames.length];
        draw(`${sign ?? ''} ${what}  ${seconds(passed)}`);
      };
      const timer = out.isTTY ? setInterval(tick, 100) : undefined;
      return (line) => {
        clearInterval(timer);
        say(line);
      };
    },
    async wait(milliseconds, why) {
      const until = Date.now() + milliseconds;
      for (let left = milliseconds; left > 0; left = until - Date.now()) {
        draw(`${bar(milliseconds - left, milliseconds)} ${Math.ceil(left / 1000)} s  ${why}`);
        await delay(Math.min(200, left));
      }
    },
  };
}

export const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`;
