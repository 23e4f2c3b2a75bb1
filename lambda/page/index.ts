import type { SecretStatus, Status } from '../core/status';
import { html, type Html, none } from './html';
import { levelTone, secretSection } from './secret';
import { styles } from './styles';
import { counted, shownTime, type View } from './view';
import { headline, type Level, levelOf, levelOfAll, levels, levelText, summary } from './verdict';
import { secretName } from './names';

export { readView, type View } from './view';

/** So many secrets are shown in full, and so many more in one line each; those that need eyes come first, and the others are counted. */
const most = { secrets: 10, lines: 100 };
/** A page is at most this long, far below what Lambda takes as JSON: no limit of a widget's own is documented. Characters. */
const pageCharacters = 1_000_000;

/**
 * The status as a custom widget of a CloudWatch dashboard shows it: no script, no element that the dashboard removes, and none
 * of its own styles.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/add_custom_widget_dashboard_security.html
 */
export const widgetPage = (status: Status, view: View): string => page(status, view, none).text;

/** The same as a file, which follows the browser's width and colours. */
export const filePage = (status: Status, view: View): string =>
  html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="referrer" content="no-referrer" />
        <title>${headline(status)}: rotation of SingleStore links</title>
        <style>
          body {
            margin: 0;
            background: #fff;
          }
          @media (prefers-color-scheme: dark) {
            body {
              background: #161d26;
            }
          }
          main {
            max-width: 1200px;
            margin: 0 auto;
          }
        </style>
      </head>
      <body>
        <main>${page(status, view, html`<h1>Rotation of SingleStore links</h1>`)}</main>
      </body>
    </html> `.text;

/** What the console shows while somebody sets the widget up. */
export const description = {
  markdown: `## Rotation of SingleStore links

What rotates, which link and which pipeline holds which version, what needs a person and how to mend it, and how long the last rotations paused each pipeline. Read-only.

### Parameters
Parameter | Meaning
---|---
\`secretId\` | ARN of one rotated secret. Without it: all of them.
\`document\` | \`true\`: a whole HTML document, to keep as a file.

### Example
\`\`\` yaml
secretId: arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/s3-ingest-AbCdEf
\`\`\`
`,
} as const;

/** With as many secrets in full as fit; each is drawn once. */
function page(status: Status, view: View, title: Html): Html {
  const sorted = status.secrets.toSorted((a, b) => rank(levelOf(a)) - rank(levelOf(b)));
  const level = levelOfAll(status);
  const framed = (sections: readonly Html[]): Html =>
    html`<div class="slr slr-${view.theme} cwdb-no-default-styles">
      ${styles}${title}
      <div class="verdict ${levelTone[level]}">
        ${symbol(level)}
        <div>
          <h2>${headline(status)}</h2>
          <p>${summary(status)}. Looked at ${shownTime(status.at, view.zone)} ${view.zone.label}.</p>
        </div>
      </div>
      ${sections} ${others(sorted.slice(sections.length))}
    </div>`;
  const sections: Html[] = [];
  let room = pageCharacters - framed([]).text.length;
  for (const secret of sorted.slice(0, most.secrets)) {
    const section = secretSection(secret, view);
    room -= section.text.length;
    if (room < 0 && sections.length > 0) break;
    sections.push(section);
  }
  return framed(sections);
}

/** A line each. */
function others(unshown: readonly SecretStatus[]): Html {
  const uncounted = unshown.length - most.lines;
  return unshown.length === 0
    ? none
    : html`<section class="secret">
        <h3>${counted(unshown.length, 'more secret')}</h3>
        <ul>
          ${unshown.slice(0, most.lines).map((secret) => html`<li><code>${secretName(secret.secretId)}</code>: ${levelText[levelOf(secret)]}</li>`)}
          ${uncounted > 0 ? html`<li>${uncounted} more, none of them worse</li>` : none}
        </ul>
      </section>`;
}

const rank = (level: Level): number => -levels.indexOf(level);

const paths: Readonly<Record<Level, string>> = {
  well: 'M9 16.5l5 5 9-10',
  busy: 'M16 9v7l5 3',
  watch: 'M16 9v9M16 22v1',
  person: 'M11 11l10 10M21 11L11 21',
};

/** The word beside it says the same. */
const symbol = (level: Level): Html =>
  html`<svg width="32" height="32" viewBox="0 0 32 32" aria-hidden="true">
    <circle cx="16" cy="16" r="14" fill="none" stroke="currentColor" stroke-width="2" />
    <path
      d="${paths[level]}"
      fill="none"
      stroke="currentColor"
      stroke-width="2.5"
      stroke-linecap="round"
      stroke-linejoin="round"
    />
  </svg>`;
