import fc from 'fast-check';
import { description, filePage, readView, widgetPage } from '../../lambda/page';
import type { Status } from '../../lambda/core/status';
import { allWell, hostile, hostileNames, manyPipelines, midPause, secret, stuck } from '../support/statuses';

const view = readView(null);
const shown = (status: Status): string => widgetPage(status, view);
/** What a reader sees of it. */
const textOf = (page: string): string =>
  page
    .replace(/<style>[^]*?<\/style>/g, '')
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll('&#39;', "'")
    .replaceAll(/\s+/g, ' ');

/** The tags of a page with the names of their attributes, once each. */
function vocabulary(page: string): string[] {
  const found = new Set<string>();
  for (const [, tag = '', attributes = ''] of page.matchAll(/<\/?([^\s>/]*)((?:[^>"]|"[^"]*")*)>/g)) {
    found.add(tag);
    for (const [, name = ''] of attributes.matchAll(/([^\s="/]+)(?:="[^"]*")?/g)) found.add(`${tag} ${name}`);
  }
  return [...found].sort();
}

describe('the verdict', () => {
  test.each<[string, Status, string]>([
    ['all is well', allWell, 'All is well 1 secret, 2 links, 4 pipelines.'],
    ['a rotation is under way', midPause, 'A rotation is under way'],
    ['somebody has to act', stuck, 'Needs a person'],
    [
      'secret and links disagree',
      { ...allWell, secrets: [secret({ drift: ['a.b holds the old version'] })] },
      'Worth a look',
    ],
    ['nothing is configured', { ...allWell, secrets: [] }, 'No secret is configured'],
    [
      'something could not be seen',
      { ...allWell, secrets: [secret({ unseen: ['host: CONNECTION_LOST'] })] },
      'Worth a look',
    ],
  ])('when %s', (_, status, said) => {
    expect(textOf(shown(status)).trimStart()).toMatch(new RegExp(`^${said}`));
    expect(filePage(status, view)).toContain(`<title>${said.split(' 1 ')[0] ?? ''}: `);
  });

  test('of several secrets is that of the worst, which comes first', () => {
    const [well, bad] = [allWell, stuck].map(({ secrets }) => secrets[0]!);
    const text = textOf(shown({ ...allWell, secrets: [well!, { ...bad!, secretId: 'worse' }] }));
    expect(text).toMatch(/^ *Needs a person .*1: needs a person.* worse Needs a person .* prod\/s3-ingest All is well/);
  });

  test('comes with why, what is left, what happens by itself, the one command, and the log', () => {
    const explained = stuck.secrets[0]!.stuck!;
    const page = shown(stuck);
    expect(page).toContain('Once the cause is mended:');
    for (const said of [explained.why, explained.next, explained.command!, ...explained.leftBehind])
      expect(textOf(page)).toContain(said);
    expect(page).toContain(`<a href="${explained.logs!}"`);
  });
});

test('a pause comes first, with the end of its lease, and is no pause that is yet to come', () => {
  const text = textOf(shown(midPause));
  expect(text).toMatch(
    /prod\/s3-ingest A rotation is under way 2 pipelines are paused by a run that may be alive\. .* runs out at 2026-11-22 22:03:40; then the watchdog starts them\./,
  );
  expect(text).toContain('under way 2 pipelines paused now · started by');
  expect(text).not.toContain('nothing is paused yet');
});

test('a version without an age has no value yet, or one that was not read', () => {
  const none = { ...allWell.secrets[0]!.versions[0]!, since: null, ageHours: null, keyId: null };
  const told = (more: object) => textOf(shown({ ...allWell, secrets: [secret({ versions: [{ ...none, ...more }] })] }));
  expect(told({})).toMatch(/3f6f1a1e AWSCURRENT AWSPENDING no value yet/);
  expect(told({ unread: true })).toMatch(/3f6f1a1e AWSCURRENT AWSPENDING value not read/);
});

test('a rotation that has failed is pending, not under way', () => {
  expect(textOf(shown(stuck))).toMatch(/9be41c77 pending [^]*3 failed calls/);
});

test('a pipeline that was in Error before its link was changed says so', () => {
  const broken = { ...allWell.secrets[0]!.links[0]!.pipelines[0]!, state: 'Error' };
  const links = (since: string | null) =>
    allWell.secrets[0]!.links.map((link) => ({
      ...link,
      holds: link.holds.map((holding) => ({ ...holding, since })),
      pipelines: [broken],
    }));
  const told = (since: string | null) => textOf(shown({ ...allWell, secrets: [secret({ links: links(since) })] }));
  expect(told('2026-11-01T03:00:04.000Z')).toContain('Error no new error');
  expect(told(null)).not.toContain('no new error');
});

test('times in what is told of a stuck secret are those of the zone, as elsewhere', () => {
  const [one] = stuck.secrets;
  const next = 'Secrets Manager calls again until 2026-12-22T23:59:59.000Z.';
  const text = textOf(shown({ ...stuck, secrets: [{ ...one!, stuck: { ...one!.stuck!, next } }] }));
  expect(text).toContain('Secrets Manager calls again until 2026-12-22 23:59.');
});

describe('the diagram', () => {
  test('shows two labels of a version whole', () => {
    const secrets = [
      secret({ versions: [{ ...allWell.secrets[0]!.versions[0]!, labels: ['AWSCURRENT', 'AWSPENDING'] }] }),
    ];
    for (const width of [588, 1_200])
      expect(widgetPage({ ...allWell, secrets }, readView({ width }))).toMatch(
        />AWSCURRENT<\/text\s*><text[^>]*>AWSPENDING<\/text/,
      );
  });

  test('says to those who do not see it what each link holds and how its pipelines are', () => {
    expect(shown(midPause)).toContain(
      'aria-label="Diagram: secret prod/s3-ingest; analytics.analytics_link holds 3f6f1a1e or 9be41c77, pipelines: 2 paused, 1 Stopped; sales.sales_link holds 9be41c77, pipelines: 1 Running"',
    );
  });

  test('has every pipeline of 300 drawn or counted, and so has the table', () => {
    const page = widgetPage(manyPipelines, readView({ width: 1_200 }));
    const [svg = ''] = page.slice(page.indexOf('class="drawing"')).split('<h4>');
    const table = page.slice(page.lastIndexOf('<table>'));
    const drawn = [...svg.matchAll(/>ingest\.feed_\d+</g)].length;
    const counted = [...svg.matchAll(/>(\d+) more: /g)].map(([, number]) => Number(number));
    const [, ofLinks] = /4 more links, 4 with AWSCURRENT; (\d+) pipelines/.exec(svg) ?? [];
    expect(drawn + counted.reduce((sum, number) => sum + number, 0) + Number(ofLinks)).toBe(300);
    const [, rows, unshown] = /Shown are (\d+); (\d+) more/.exec(table) ?? [];
    expect([...table.matchAll(/<tr>/g)]).toHaveLength(Number(rows) + 1);
    expect(Number(rows) + Number(unshown)).toBe(300);
  });

  test('is drawn once where the width is known, else for two', () => {
    const drawings = (page: string): number => [...page.matchAll(/aria-label="Diagram/g)].length;
    expect(drawings(shown(allWell))).toBe(2);
    expect(drawings(widgetPage(allWell, readView({ width: 588 })))).toBe(1);
    expect(widgetPage(allWell, readView({ width: 588 }))).not.toBe(widgetPage(allWell, readView({ width: 1_200 })));
  });
});

describe('the timeline', () => {
  test('draws pauses to scale, with what they took', () => {
    const [rotation] = allWell.secrets[0]!.history;
    const page = widgetPage(allWell, readView({ width: 1_200 }));
    const bars = [...page.matchAll(/class="bar"\s+x="([\d.]+)"\s+y="1"\s+width="([\d.]+)"/g)].map(([, x, width]) => [
      Number(x),
      Number(width),
    ]);
    const spans = rotation!.spans.toSorted((a, b) => a.at - b.at);
    const [first, second] = [bars[0]!, bars[1]!];
    expect(first[1]! / second[1]!).toBeCloseTo(spans[0]!.milliseconds / spans[1]!.milliseconds, 2);
    expect((second[0]! - first[0]!) / first[1]!).toBeCloseTo((spans[1]!.at - spans[0]!.at) / spans[0]!.milliseconds, 2);
    for (const { milliseconds } of spans) expect(page).toContain(`>${milliseconds} ms</text`);
  });

  test('counts the pauses that it does not draw', () => {
    expect(textOf(shown(manyPipelines))).toContain('300 pauses, the longest 800 ms');
    expect(textOf(shown(manyPipelines))).toContain('288 more pauses, none longer than 786 ms');
  });

  test('says so when there is nothing yet', () => {
    expect(textOf(shown({ ...allWell, secrets: [secret({ history: [] })] }))).toContain(
      'No rotation is on record yet.',
    );
  });
});

describe('whatever names somebody chose', () => {
  const plain = vocabulary(filePage(hostile(hostileNames.map((_, at) => `name${at}`)), view));

  test('the page has the tags and attributes of any page', () => {
    expect(vocabulary(filePage(hostile(), view))).toEqual(plain);
  });

  test('and of none that a dashboard removes, nor a script', () => {
    const tags = plain.map((one) => one.split(' ')[0]);
    for (const removed of [
      'script',
      'iframe',
      'use',
      'foreignObject',
      'object',
      'embed',
      'img',
      'link',
      'base',
      'form',
    ])
      expect(tags).not.toContain(removed);
    expect(plain.filter((one) => / (on|href|src|xlink|action)/.test(one))).toEqual([]); // logs with javascript: are no links
  });

  test('of any letters, too', () => {
    const usual = vocabulary(filePage(hostile(['a', 'b', 'c', 'd']), view));
    const name = fc.oneof(fc.string({ unit: 'binary', minLength: 1 }), fc.stringMatching(/^[<>"'`&=/ ;a-z-]{1,20}$/));
    const hidden = /[\p{Cc}\p{Cf}\p{Cs}]/u;
    fc.assert(
      fc.property(fc.array(name, { minLength: 4, maxLength: 4 }), (names) => {
        fc.pre(new Set(names).size === names.length);
        const page = filePage(hostile(names), view);
        expect(vocabulary(page)).toEqual(usual);
        expect(hidden.test(page.replaceAll('\n', ''))).toBe(false);
      }),
      { numRuns: 60 },
    );
  });

  test('a name is shown: cut where there is no room, and whole where one points', () => {
    const long = `${'x'.repeat(90)}_end`;
    const page = shown(hostile([long]));
    expect(page).toMatch(/>x+…\s*<title>`?/);
    expect(page).toContain(`${long}</title>`);
  });
});

test('links of a dashboard are of the web alone', () => {
  const [one] = stuck.secrets;
  const logs = 'javascript:alert(1)';
  const page = shown({ ...stuck, secrets: [{ ...one!, stuck: { ...one!.stuck!, logs } }] });
  expect(page).not.toContain('href="javascript');
  expect(page).toContain(logs);
});

test('styles hold for what is inside alone: other widgets stand beside it', () => {
  const [, sheet = ''] = /<style>([^]*)<\/style>/.exec(shown(allWell)) ?? [];
  const rules = sheet.replaceAll(/@media[^{]*\{/g, '').matchAll(/([^{}]+)\{/g);
  for (const [, selectors = ''] of rules)
    for (const selector of selectors.split(',')) expect(selector.trim()).toMatch(/^\.slr/);
  expect(shown(allWell)).not.toContain(' id="');
});

test('secrets beyond the tenth are told in one line each', () => {
  const secrets = Array.from({ length: 13 }, (_, at) => secret({ secretId: `secret-${at}` }));
  const text = textOf(shown({ ...allWell, secrets }));
  expect(text).toContain('3 more secrets');
  for (const { secretId } of secrets) expect(text).toContain(secretId);
});

test('a page stays short enough for a widget, however much there is: lists are cut, and fewer secrets shown in full', () => {
  const long = (at: number): string => `${at}`.padEnd(64, '"');
  const names = Array.from({ length: 2_000 }, (_, at) => long(at));
  const [one] = hostile(names.slice(0, 12)).secrets;
  const [each] = stuck.secrets;
  const secrets = Array.from({ length: 200 }, (_, at) => ({
    ...one!,
    secretId: `secret-${at}`,
    ...{ drift: names, unseen: ['x'.repeat(300_000)], stuck: { ...each!.stuck!, leftBehind: names } },
  }));
  const page = filePage({ ...allWell, secrets }, view);
  expect(JSON.stringify(page).length).toBeLessThan(1_500_000);
  expect(textOf(page)).toContain('1980 more');
  expect(textOf(page)).toMatch(/\d+ more, none of them worse/);
});

test('secrets of which fewer fit than may be shown in full are each drawn once', () => {
  let drawn = 0;
  const secrets = Array.from({ length: 10 }, (_, at) => ({
    ...secret({ secretId: `secret-${at}`, unseen: Array<string>(20).fill('"'.repeat(2_000)) }),
    get source() {
      drawn += 1;
      return { type: 'iam-user', of: 'ingest' };
    },
  }));
  shown({ ...allWell, secrets: secrets.slice(0, 1) });
  const once = drawn;
  drawn = 0;
  const page = shown({ ...allWell, secrets });
  const full = page.split('What holds what').length - 1;
  expect([full > 1 && full < 10, page.length < 1_000_000]).toEqual([true, true]);
  expect(drawn).toBeLessThanOrEqual(once * (full + 1));
  expect(textOf(page)).toContain(`${10 - full} more secret`);
});

test('whether a secret rotates that could not be described is not known', () => {
  const rotation = { enabled: null, next: null, last: null };
  const text = textOf(shown({ ...allWell, secrets: [secret({ rotation, versions: [] })] }));
  expect(text).toMatch(/Last rotation\s+unknown\s+Next\s+unknown/);
  expect(text).not.toContain('rotation is off');
});

test('odd clocks draw nothing that is no length', () => {
  const [rotation] = allWell.secrets[0]!.history;
  const [span] = rotation!.spans;
  const spans = [
    { ...span!, milliseconds: NaN },
    { ...span!, milliseconds: -5_000 },
    { ...span!, at: NaN },
    { ...span!, at: Infinity },
  ];
  const history = [{ ...rotation!, spans, endedAt: rotation!.startedAt - 60_000 }];
  const page = shown({ ...allWell, secrets: [secret({ history })] });
  expect(page).not.toMatch(/NaN|Infinity|="-|-\d+ (ms|s|min|h|d)\b/);
  expect(textOf(page)).toContain('took under 1 ms');
});

test('the documentation of the widget is Markdown', () => {
  expect(description.markdown).toContain('`secretId`');
});

test('a history that could not be read is told from one that is empty', () => {
  const told = (more: object) => textOf(shown({ ...allWell, secrets: [secret({ history: [], ...more })] }));
  expect(told({})).toContain('No rotation is on record yet.');
  expect(told({ journalUnread: ['history'] })).toContain('The history could not be read.');
});

test('of records that could not be read the page says that nothing is known, and needs a person', () => {
  const [one] = stuck.secrets;
  const links = one!.links.map((link) => ({ ...link, holds: [], agrees: false, bracket: null, unread: true as const }));
  const history = [{ ...one!.history[0]!, outcome: 'running' as const, paused: 0, spans: [] }];
  const blind = { ...one!, stuck: null, links, history, journalUnread: ['links' as const] };
  const text = textOf(shown({ ...stuck, secrets: [blind] }));
  expect(text).toMatch(/^ *Needs a person .* whether pipelines are paused by us, is not known: the journal could not/);
  expect(text).toContain('pauses not known');
  expect(text).toContain('not read');
  expect(text).not.toMatch(/no record|nothing is paused/);
  const many = Array.from({ length: 30 }, () => links[0]!);
  expect(textOf(shown({ ...stuck, secrets: [{ ...blind, links: many }] }))).toContain(
    '0 with AWSCURRENT, 22 not known',
  );
});

test('a link of which nobody has a record is not said to hold the wrong thing', () => {
  const [one] = allWell.secrets;
  const links = one!.links.map((link) => ({ ...link, holds: [], agrees: false }));
  const page = shown({ ...allWell, secrets: [{ ...one!, links }] });
  expect(page).not.toContain('not AWSCURRENT');
  expect(textOf(page)).toContain('no record');
});
