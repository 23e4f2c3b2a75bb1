import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Status } from '../../lambda/core/status';
import { filePage, readView, widgetPage } from '../../lambda/page';
import { allWell, hostile, manyPipelines, midPause, stuck } from '../support/statuses';
import { openBrowser, type Browser, type Look } from './browser';

/* The page in a browser. The screenshots are for people to look at. */

const pictures = join(__dirname, '../../dist/browser');
const statuses: Readonly<Record<string, Status>> = {
  'all is well': allWell,
  'in the middle of a pause': midPause,
  stuck,
  '300 pipelines': manyPipelines,
  'hostile names': hostile(),
};
const looks: Look[] = [1_200, 600].flatMap((width) =>
  (['light', 'dark'] as const).map((colorScheme) => ({ width, colorScheme })),
);
const cases = Object.entries(statuses).flatMap(([name, status]) => looks.map((look) => ({ name, status, ...look })));

let browser: Browser;
beforeAll(async () => {
  mkdirSync(pictures, { recursive: true });
  browser = await openBrowser();
});
afterAll(() => browser.close());

/** As a dashboard shows it: in a document of its own making, which fits its own theme and may have another than the system. */
function dashboard(status: Status, { width, colorScheme }: Look): string {
  const widget = widgetPage(status, readView({ theme: colorScheme, width }));
  return `<!doctype html><html lang="en"><title>dashboard</title><body style="margin:0"><main><h1>dashboard</h1>${widget}</main></body></html>`;
}

const other = { light: 'dark', dark: 'light' } as const;
const picture = (kind: string, name: string, { width, colorScheme }: Look): string =>
  join(pictures, `${kind}-${name.replaceAll(' ', '-')}-${width}-${colorScheme}.png`);

/** Half of them: between the two themes and the two widths a widget differs from a file only where it does from itself. */
const asWidgets = cases.filter(({ width, colorScheme }) => (width === 600) === (colorScheme === 'dark'));

const clean = { outside: [], requests: [], violations: [] };

test.each(cases)(
  '$name, as a file at $width px, $colorScheme: all of it fits, can be read by everybody, runs no script and asks for nothing',
  async ({ name, status, ...look }) => {
    const seen = await browser.see(filePage(status, readView(null)), look, picture('file', name, look));
    const title = expect.stringMatching(/: rotation of SingleStore links$/) as string;
    expect(seen).toEqual({ ...clean, title, contentWidth: look.width });
  },
);

test.each(asWidgets)(
  '$name, as a widget at $width px, $colorScheme: the same, in the theme of the dashboard and not of the system',
  async ({ name, status, ...look }) => {
    const system = { ...look, colorScheme: other[look.colorScheme] };
    const seen = await browser.see(dashboard(status, look), system, picture('widget', name, look));
    expect(seen).toEqual({ ...clean, title: 'dashboard', contentWidth: look.width });
  },
);
