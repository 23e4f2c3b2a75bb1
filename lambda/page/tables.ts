import { type KeyStatus, keyFingerprint, type LinkStatus, type PipelineStatus } from '../core/status';
import { cut } from './draw';
import { html, type Html, none } from './html';
import { holdingText, shownName } from './names';
import { counted, inZone, shownHours, shownTime, type View, type Zone } from './view';
import { byRank, byTone, olderError, states, stateText, toneOf } from './verdict';

/** So many rows; what needs eyes comes first, and the others are counted. */
const mostRows = 60;

export const keysTable = (keys: readonly KeyStatus[], { zone }: View): Html =>
  html`<table>
    <caption>
      Access keys of the source's IAM user. AWS tells the last use with some delay.
    </caption>
    <thead>
      <tr>
        <th scope="col">Key</th>
        <th scope="col">State</th>
        <th scope="col" class="number">Age</th>
        <th scope="col">Last use</th>
        <th scope="col">What becomes of it</th>
      </tr>
    </thead>
    <tbody>
      ${keys.map((key) => keyRow(key, zone))}
    </tbody>
  </table>`;

function keyRow({ keyId, active, ageHours, lastUsed, fate }: KeyStatus, zone: Zone): Html {
  const state = html`<span class="chip ${active ? 'good' : 'idle'}">${active ? 'Active' : 'Inactive'}</span>`;
  const use =
    lastUsed === null ? 'never' : `${shownTime(lastUsed.at, zone)}, ${lastUsed.service} in ${lastUsed.region}`;
  return html`<tr>
    <th scope="row"><code title="${keyId}">${keyFingerprint(keyId)}</code></th>
    <td>${state}</td>
    <td class="number">${shownHours(ageHours)}</td>
    <td>${use}</td>
    <td>${inZone(fate, zone)}</td>
  </tr>`;
}

/** Every pipeline of every link, folded away while all of them are well. */
export function pipelinesTable(links: readonly LinkStatus[], { zone }: View): Html {
  const all = byRank(links).flatMap((link) => byTone(link.pipelines).map((pipeline) => ({ link, pipeline })));
  const worstFirst = [...all.filter(isOdd), ...all.filter((row) => !isOdd(row))];
  const rows = worstFirst.slice(0, mostRows);
  const unshown = worstFirst.slice(mostRows).map(({ pipeline }) => pipeline);
  const more = unshown.length === 0 ? '' : ` Shown are ${rows.length}; ${unshown.length} more: ${states(unshown)}.`;

  return html`<details${all.some(isOdd) ? html` open` : none}><summary><h4>${counted(all.length, 'pipeline')}</h4></summary><div class="inside"><table>
<caption>${states(all.map(({ pipeline }) => pipeline)) || 'No pipeline uses these links'}.${more}</caption>
<thead><tr><th scope="col" class="name">Pipeline</th><th scope="col">Holds</th><th scope="col">State</th><th scope="col" class="number">Last good batch</th></tr></thead>
<tbody>${rows.map(({ link, pipeline }) => pipelineRow(link, pipeline, zone))}</tbody></table></div></details>`;
}

interface Row {
  readonly link: LinkStatus;
  readonly pipeline: PipelineStatus;
}

const isOdd = ({ link, pipeline }: Row): boolean =>
  (!link.agrees && link.holds.length > 0) || link.unread === true || toneOf(pipeline) === 'bad' || pipeline.pausedByUs;

function pipelineRow(through: LinkStatus, pipeline: PipelineStatus, zone: Zone): Html {
  const { link, holds } = through;
  const { lastBatch, lastError } = pipeline;
  const state = stateText({ ...pipeline, lastError: null });
  const since = holds.flatMap((holding) => (holding.since === null ? [] : [shownTime(holding.since, zone)]));
  const error =
    lastError === null
      ? olderError(pipeline, through)
      : `${lastError.kind} error ${lastError.code}, ${shownTime(lastError.at, zone)}`;
  return html`<tr>
    <th scope="row"><code>${shownName(pipeline.pipeline)}</code>${second(`through ${shownName(link)}`)}</th>
    <td>
      <code>${holdingText(through)}</code
      >${second(since.length === 0 ? 'since when is unknown' : `since ${since.join(' or ')}`)}
    </td>
    <td><span class="chip ${toneOf(pipeline)}">${cut(state, 150)}</span>${error === null ? none : second(error)}</td>
    <td class="number">${lastBatch ?? 'none'}</td>
  </tr>`;
}

const second = (text: string): Html => html`<div class="soft small">${text}</div>`;
