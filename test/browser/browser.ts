import type { AxeResults } from 'axe-core';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type BrowserContext } from 'playwright-core';

/** How the browser shows a page. */
export interface Look {
  readonly width: number;
  readonly colorScheme: 'light' | 'dark';
}

/** What was seen of a page. */
export interface Seen {
  readonly title: string;
  /** Of the whole page, CSS pixels. */
  readonly contentWidth: number;
  /** Text of drawings that reaches over the edge of its drawing. */
  readonly outside: readonly string[];
  /** Addresses that the page asked for. */
  readonly requests: readonly string[];
  /** What axe-core objects to, and on what. */
  readonly violations: readonly string[];
}

export interface Browser {
  /** @param picture where the screenshot goes */
  see(page: string, look: Look, picture: string): Promise<Seen>;
  close(): Promise<void>;
}

/** Debian's. */
const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export async function openBrowser(): Promise<Browser> {
  const profile = mkdtempSync(join(tmpdir(), 'chromium-'));
  const context = await chromium.launchPersistentContext(profile, { executablePath, args: flags });
  return {
    see: (page, look, picture) => see(context, page, look, picture),
    async close() {
      await context.close();
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

async function see(
  context: BrowserContext,
  html: string,
  { width, colorScheme }: Look,
  picture: string,
): Promise<Seen> {
  const page = await context.newPage();
  try {
    const requests: string[] = [];
    await page.route('**', async (route) => {
      requests.push(route.request().url());
      await route.abort();
    });
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 900 });
    await page.setContent(html);
    await page.screenshot({ path: picture, fullPage: true });
    const title = await page.title();
    // all that is folded away is looked at, too
    await page.evaluate(`document.querySelectorAll('details').forEach((details) => { details.open = true; })`);
    const contentWidth = await page.evaluate<number>('document.documentElement.scrollWidth');
    const outside = await page.evaluate<string[]>(overEdges);
    await page.evaluate(axe);
    const { violations } = await page.evaluate<AxeResults>(`axe.run(document, { resultTypes: ['violations'] })`);
    const told = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(' | ')}`);
    return { title, contentWidth, outside, requests, violations: told };
  } finally {
    await page.close();
  }
}

/** Runs in the page. */
const overEdges = `[...document.querySelectorAll('svg.drawing text')]
  .filter((text) => {
    const box = text.getBoundingClientRect();
    const edge = text.closest('svg:not(.drawing)') ?? text.closest('svg');
    const { left, right } = edge.getBoundingClientRect();
    return box.width > 0 && (box.left < left - 1 || box.right > right + 1);
  })
  .map((text) => text.textContent)`;
