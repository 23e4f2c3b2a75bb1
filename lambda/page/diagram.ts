import type { LinkStatus, PipelineStatus, SecretStatus } from '../core/status';
import { keyFingerprint } from '../core/status';
import { drawing, place, way, wide, written } from './draw';
import { html, type Html, none } from './html';
import {
  type Credential,
  credentialKey,
  credentialsOf,
  holdingText,
  secretName,
  shownCluster,
  shownName,
} from './names';
import { counted } from './view';
import { byRank, byTone, moreLinks, sizeOf, states, stateText, toneOf } from './verdict';

/** So many are drawn; the others are counted, the healthy ones first. `rows`: pipelines of all links together, about. */
const most = { credentials: 5, links: 8, rows: 18, pipelines: 6 };
const boxHeight = 66;
const [rowHeight, rowGap, blockGap] = [40, 5, 18];

interface Columns {
  readonly secret: Column;
  readonly credentials: Column;
  readonly links: Column;
  readonly pipelines: Column;
  /** Where the columns beside the secret begin. */
  readonly top: number;
}
interface Column {
  readonly x: number;
  readonly width: number;
}

const columnsOf = (width: number): Columns =>
  width === wide
    ? {
        secret: { x: 0, width: 226 },
        credentials: { x: 270, width: 190 },
        links: { x: 506, width: 276 },
        pipelines: { x: 834, width: 280 },
        top: 26,
      }
    : {
        secret: { x: 0, width },
        credentials: { x: 0, width: 158 },
        links: { x: 180, width: 158 },
        pipelines: { x: 356, width: 158 },
        top: 100,
      };

/** Secret, versions, links, pipelines, and what holds what. */
export function diagram(secret: SecretStatus, width: number): Html {
  const columns = columnsOf(width);
  const credentials = credentialsOf(secret);
  const links = byRank(secret.links);
  const blocks = stacked(links.slice(0, most.links), columns.top);
  const unshown = links.slice(most.links);
  const moreAt = columns.top + blocks.reduce((sum, { height }) => sum + height + blockGap, 0);
  const below = unshown.length > 0 ? moreAt + 22 : moreAt - blockGap;
  const shown = credentials.slice(0, most.credentials);
  const inColumn = (boxHeight + blockGap) * shown.length - blockGap;
  const moreOfThem = credentials.length > shown.length ? 24 : 0;
  const height = Math.max(below, columns.top + inColumn + moreOfThem, columns.top + boxHeight) + 2;
  const first = columns.top + Math.max(0, (height - columns.top - inColumn - moreOfThem) / 2);
  const placed = new Map(
    shown.map((credential, at) => [credential.key, { credential, y: first + at * (boxHeight + blockGap) }]),
  );
  const isWide = width === wide;
  const secretAt = isWide ? first + Math.max(0, (inColumn - boxHeight) / 2) : 0;
  const { x } = columns.links;
  return drawing(width, height, inWords(secret), [
    ...heads(columns, isWide),
    ...(isWide
      ? [...placed.values()].map(({ y }) =>
          way('thin', columns.secret.width, secretAt + boxHeight / 2, columns.credentials.x, y + boxHeight / 2),
        )
      : []),
    ...blocks.flatMap((block) => ways(block, placed, columns)),
    place(
      { x: columns.secret.x, y: secretAt, width: columns.secret.width, height: isWide ? boxHeight : 56 },
      '',
      secretBox(secret, columns.secret.width),
    ),
    ...[...placed.values()].map(({ credential, y }) => credentialBox(credential, columns.credentials, y)),
    ...blocks.flatMap((block) => [linkBox(block, columns.links), ...pipelineRows(block, columns.pipelines)]),
    unshown.length > 0 ? written(moreLinks(unshown), { x, y: moreAt + 14, room: width - x, look: 'faint' }) : none,
    credentials.length > shown.length
      ? written(`${credentials.length - shown.length} more`, {
          x: columns.credentials.x,
          y: first + inColumn + 18,
          room: 120,
          look: 'faint',
        })
      : none,
  ]);
}

function heads({ secret, credentials, links, pipelines, top }: Columns, isWide: boolean): Html[] {
  const named: [string, Column][] = [
    ['Versions', credentials],
    ['Links', links],
    ['Pipelines', pipelines],
  ];
  if (isWide) named.unshift(['Secret', secret]);
  return named.map(([text, { x, width }]) => written(text, { x, y: top - 12, room: width, look: 'faint' }));
}

interface Block {
  readonly link: LinkStatus;
  readonly y: number;
  readonly height: number;
  readonly pipelines: readonly PipelineStatus[];
  readonly unshown: readonly PipelineStatus[];
}

/** Links under one another, each as high as its pipelines. */
function stacked(links: readonly LinkStatus[], top: number): Block[] {
  const rows = Math.min(most.pipelines, Math.max(2, Math.floor(most.rows / links.length)));
  let y = top;
  return links.map((link) => {
    const sorted = byTone(link.pipelines);
    // a row that counts one takes as much room as that one
    const shown = sorted.length === rows + 1 ? sorted.length : rows;
    const pipelines = sorted.slice(0, shown);
    const unshown = sorted.slice(shown);
    const height = pipelines.length * (rowHeight + rowGap) - rowGap + (unshown.length > 0 ? 24 : 0);
    const block = { link, y, height: Math.max(boxHeight, height), pipelines, unshown };
    y += block.height + blockGap;
    return block;
  });
}

const middleOf = ({ y, height }: Block): number => y + height / 2;
const rowAt = ({ y }: Block, at: number): number => y + at * (rowHeight + rowGap);

type Placed = ReadonlyMap<string, { readonly credential: Credential; readonly y: number }>;

function ways(block: Block, placed: Placed, { credentials, links, pipelines }: Columns): Html[] {
  const keys = block.link.holds.length === 0 ? [''] : block.link.holds.map(credentialKey);
  const isCertain = keys.length === 1;
  const held = keys.flatMap((key) => {
    const from = placed.get(key);
    if (from === undefined) return [];
    const look = `${from.credential.tone} way${isCertain && from.credential.tone !== 'unknown' ? '' : ' dashed'}`;
    return [way(look, credentials.x + credentials.width, from.y + boxHeight / 2, links.x, middleOf(block))];
  });
  const ends = block.pipelines.map((_, at) =>
    way('thin', links.x + links.width, middleOf(block), pipelines.x, rowAt(block, at) + rowHeight / 2),
  );
  return [...held, ...ends];
}

function secretBox({ secretId, source }: SecretStatus, width: number): Html[] {
  const room = width - 24;
  return [
    html`<rect class="plain" x=".5" y=".5" width="${width - 1}" height="${width > 300 ? 55 : boxHeight - 1}" rx="8" />`,
    written(secretName(secretId), { x: 12, y: 24, room, look: 'code strong' }),
    written(`${source.type}: ${source.of}`, { x: 12, y: 44, room, look: 'faint' }),
  ];
}

function credentialBox({ title, labels, keyId, age, tone }: Credential, { x, width }: Column, y: number): Html {
  const room = width - 24;
  const detail = [keyId === null ? '' : keyFingerprint(keyId), age].filter((part) => part !== '');
  // two labels are too long for one line
  const [first, ...others] = labels;
  const lines = others.length === 0 ? [first] : [first, others.join(', ')];
  const [top, apart] = lines.length === 1 ? [22, 17] : [18, 13.5];
  return place({ x, y, width, height: boxHeight }, tone, [
    html`<rect
      class="box${tone === 'unknown' ? ' dashed' : ''}"
      x=".5"
      y=".5"
      width="${width - 1}"
      height="${boxHeight - 1}"
      rx="8"
    />`,
    written(title, { x: 12, y: top, room, look: 'code strong' }),
    ...lines.map((text, at) => written(text, { x: 12, y: top + (at + 1) * apart, room, look: 'toned strong' })),
    written(detail.join(' · '), { x: 12, y: top + (lines.length + 1) * apart, room }),
  ]);
}

function linkBox(block: Block, { x, width }: Column): Html {
  const { link } = block;
  const room = width - 24;
  const isOpen = link.bracket?.phase === 'open';
  const isOther = !link.agrees && link.holds.length > 0;
  const tone = isOpen ? 'paused' : link.agrees ? 'good' : 'unknown';
  return place({ x, y: middleOf(block) - boxHeight / 2, width, height: boxHeight }, tone, [
    html`<rect class="plain" x=".5" y=".5" width="${width - 1}" height="${boxHeight - 1}" rx="8" />`,
    html`<rect class="bar" x="0" y="8" width="4" height="${boxHeight - 16}" rx="2" />`,
    written(shownName(link.link), { x: 14, y: 22, room, look: 'code strong' }),
    written(`${holdingText(link)}${link.type === null ? ' · not seen' : ` · ${link.type}`}`, {
      x: 14,
      y: 39,
      room,
    }),
    isOpen || isOther
      ? written(isOpen ? pauseText(link) : 'not AWSCURRENT', { x: 14, y: 56, room, look: 'toned' })
      : written(shownCluster(link.cluster), { x: 14, y: 56, room, look: 'faint' }),
  ]);
}

const pauseText = ({ bracket }: LinkStatus): string =>
  `${bracket?.held === true ? 'being changed' : 'pause left open'}, ${counted(bracket === null ? 0 : sizeOf(bracket), 'pipeline')}`;

function pipelineRows(block: Block, { x, width }: Column): Html[] {
  const room = width - 22;
  const rows = block.pipelines.map((pipeline, at) =>
    place({ x, y: rowAt(block, at), width, height: rowHeight }, toneOf(pipeline), [
      html`<rect class="plain" x=".5" y=".5" width="${width - 1}" height="${rowHeight - 1}" rx="6" />`,
      html`<rect class="bar" x="0" y="6" width="4" height="${rowHeight - 12}" rx="2" />`,
      written(shownName(pipeline.pipeline), { x: 13, y: 17, room, look: 'code' }),
      written(`${stateText(pipeline)} · ${holdingText(block.link)}`, { x: 13, y: 33, room, look: 'toned' }),
    ]),
  );
  if (block.unshown.length === 0) return rows;
  const more = `${block.unshown.length} more: ${states(block.unshown)}`;
  return [...rows, written(more, { x: x + 4, y: rowAt(block, rows.length) + 12, room: width - 4, look: 'faint' })];
}

/** The drawing for those who do not see it; names and states stand in the table below it. */
function inWords(secret: SecretStatus): string {
  const links = byRank(secret.links).slice(0, most.links);
  const told = links.map(
    (link) => `${shownName(link.link)} holds ${holdingText(link)}, pipelines: ${states(link.pipelines) || 'none'}`,
  );
  const more = secret.links.length > links.length ? [moreLinks(byRank(secret.links).slice(most.links))] : [];
  return `Diagram: secret ${secretName(secret.secretId)}; ${[...told, ...more].join('; ') || 'no links'}`;
}
