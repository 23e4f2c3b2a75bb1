import { setTimeout as delay } from 'node:timers/promises';
import { hung, type Paper } from './paper';

/** What people see meanwhile: on a terminal a moving line, elsewhere only the line of what is done. */
export interface Progress {
  /** @param expectedMs how long it waits at least, shown as a bar. @returns what takes the moving line away */
  begin(what: string, expectedMs?: number): () => void;
  /** Waits, and shows how long still. */
  wait(milliseconds: number, why: string): Promise<void>;
  /** How a call of the function ended. */
  step(good: boolean, name: string, milliseconds: number, says: string): void;
  say: (text: string) => void;
  /** Stops moving. What others write next begins on a line of its own. */
  leave(): void;
}

const frames = ['⠋', '⠙', '⠸', '⠴', '⠦', '⠇'];
const barWidth = 24;

export function openProgress(out: NodeJS.WriteStream, paper: Paper): Progress {
  let moving = false;
  let timer: NodeJS.Timeout | undefined;
  const draw = (text: string): void => {
    if (!out.isTTY) return;
    moving = true;
    out.write(`\r\u001b[2K${`  ${text}`.slice(0, paper.width - 1)}`);
  };
  const clear = (): void => {
    clearInterval(timer);
    if (moving) out.write('\r\u001b[2K');
    moving = false;
  };
  const say = (text: string): void => {
    clear();
    out.write(`${text}\n`);
  };
  const bar = (passed: number, whole: number): string => {
    const full = Math.min(barWidth, Math.round((passed / whole) * barWidth));
    return `${'█'.repeat(full)}${'░'.repeat(barWidth - full)}`;
  };
  return {
    say,
    step(good, name, milliseconds, says) {
      const sign = good ? paper.good('✓') : paper.bad('✗');
      say(hung(`  ${sign} ${name.padEnd(12)} ${seconds(milliseconds).padStart(7)}  `, says, paper.width));
    },
    begin(what, expectedMs = 0) {
      const from = Date.now();
      const tick = (): void => {
        const passed = Date.now() - from;
        const sign = passed < expectedMs ? bar(passed, expectedMs) : frames[Math.floor(passed / 100) % frames.length];
        draw(`${sign ?? ''} ${what}  ${seconds(passed)}`);
      };
      if (out.isTTY) timer = setInterval(tick, 100);
      tick();
      return clear;
    },
    async wait(milliseconds, why) {
      const until = Date.now() + milliseconds;
      for (let left = milliseconds; left > 0; left = until - Date.now()) {
        draw(`${bar(milliseconds - left, milliseconds)} ${Math.ceil(left / 1000)} s  ${why}`);
        await delay(Math.min(200, left));
      }
    },
    leave() {
      clearInterval(timer);
      if (moving) out.write('\n');
      moving = false;
    },
  };
}

export const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`;
