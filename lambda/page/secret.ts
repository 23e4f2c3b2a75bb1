import type { Explanation, JournalStatus, SecretStatus } from '../core/status';
import { shortened } from '../core/bound';
import { diagram } from './diagram';
import { drawn } from './draw';
import { anchor, html, type Html, none } from './html';
import { secretName } from './names';
import { keysTable, pipelinesTable } from './tables';
import { timeline } from './timeline';
import { inZone, shownSecond, shownTime, type View, type Zone } from './view';
import { type Level, levelOf, levelText, pausedNow, pausesUnread } from './verdict';

export const levelTone: Readonly<Record<Level, string>> = {
  well: 'good',
  busy: 'current',
  watch: 'paused',
  person: 'bad',
};

const unknownPauses =
  'What the links hold, and whether pipelines are paused by us, is not known: the journal could not be read.';

/** All about one secret. */
export function secretSection(secret: SecretStatus, view: View): Html {
  const { links, keys, drift, unseen, stuck } = secret;
  const paused = pausedNow(secret, (at) => `at ${shownSecond(at, view.zone)}`);
  const level = levelOf(secret);
  return html`<section class="secret">
    <header>
      <h3>${secretName(secret.secretId)}</h3>
      <span class="chip ${levelTone[level]}">${levelText[level]}</span>
    </header>
    ${pausesUnread(secret) ? html`<p class="note bad">${unknownPauses}</p>` : none}
    ${paused === null ? none : html`<p class="note paused">${paused}</p>`} ${facts(secret, view.zone)}
    ${stuck === null ? none : explained(stuck, view.zone)} ${sentences('Secret and links disagree', drift, 'paused')}
    ${sentences('What could not be looked at', unseen, 'paused')}
    <h4>What holds what</h4>
    ${drawn(view, (width) => diagram(secret, width))}
    ${
      keys.length === 0
        ? none
        : html`<h4>Access keys</h4>
            ${keysTable(keys, view)}`
    }
    <h4>Last rotations</h4>
    ${timeline(secret, view)} ${pipelinesTable(links, view)}
  </section>`;
}

function facts({ source, rotation, journal }: SecretStatus, zone: Zone): Html {
  const time = (at: string | null): string => (at === null ? 'unknown' : shownTime(at, zone));
  const told: [string, string][] = [
    ['Source', `${source.type} ${source.of}`],
    ['Last rotation', rotation.last === null && rotation.enabled !== null ? 'none yet' : time(rotation.last)],
    ['Next', rotation.enabled === false ? 'rotation is off' : time(rotation.next)],
    ...retirements(journal, zone),
  ];
  return html`<dl class="facts">
    ${told.map(
      ([name, value]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`;
}

function retirements({ failedProofs, unproven, retirements: due }: JournalStatus, zone: Zone): [string, string][] {
  const next = due.find(({ retiredAt }) => retiredAt === null);
  return [
    ...(next === undefined ? [] : [['Old key retires', shownTime(next.dueAt, zone)] satisfies [string, string]]),
    ...(failedProofs === 0 ? [] : [['Failed proofs', String(failedProofs)] satisfies [string, string]]),
    ...(unproven.length === 0 ? [] : [['Not proven yet', `${unproven.length} pipelines`] satisfies [string, string]]),
  ];
}

function explained(explanation: Explanation, zone: Zone): Html {
  const { since, step, code, why, leftBehind, next, command, afterMending, logs } = explanation;
  const where = [
    ...(since === null ? [] : [html`pending since ${shownTime(since, zone)}`]),
    ...(step === null ? [] : [html`in <code>${step}</code>`]),
    ...(code === null ? [] : [html`<code>${code}</code>`]),
  ];
  return html`<div class="note ${command === null ? 'paused' : 'bad'}">
    <h4>${command === null ? levelText.watch : levelText.person}</h4>
    <p>${inZone(shortened(why, most.characters), zone)}</p>
    ${where.length === 0 ? none : html`<p class="small">${where.map((part, at) => (at === 0 ? part : html` · ${part}`))}</p>`}
    <p>By itself: ${inZone(next, zone)}</p>
    ${
      leftBehind.length === 0
        ? none
        : html`<p>Left behind:</p>
            <ul>
              ${items(leftBehind)}
            </ul>`
    }
    ${
      command === null
        ? none
        : html`<p>${afterMending ? 'Once the cause is mended' : 'To mend it'}:</p>
            <code class="command">${command}</code>`
    }
    ${logs === null ? none : html`<p class="small">${anchor(logs, 'Log of the call that failed')}</p>`}
  </div>`;
}

/** So many of a list are told, each so long; more are counted. */
const most = { items: 20, characters: 1_000 };

function items(all: readonly string[]): Html[] {
  const more = all.length - most.items;
  const shown = all.slice(0, most.items).map((one) => html`<li>${shortened(one, most.characters)}</li>`);
  return more > 0 ? [...shown, html`<li>${more} more</li>`] : shown;
}

const sentences = (title: string, told: readonly string[], tone: string): Html =>
  told.length === 0
    ? none
    : html`<div class="note ${tone}">
        <h4>${title}</h4>
        <ul>
          ${items(told)}
        </ul>
      </div>`;
