import { html, type Html } from './html';

const plain = ['ground', 'card', 'ink', 'soft', 'line', 'link'] as const;
export const inks = ['good', 'paused', 'idle', 'bad', 'current', 'pending', 'previous', 'unknown'] as const;

interface Ink {
  readonly ink: string;
  readonly ground: string;
}
/** Inks are readable on the grounds beside them, which a test holds them to. */
export type Palette = Readonly<Record<(typeof plain)[number], string> & Record<(typeof inks)[number], Ink>>;

export const palettes: Readonly<Record<'light' | 'dark', Palette>> = {
  light: {
    ground: '#ffffff',
    card: '#f6f8fa',
    ink: '#17202b',
    soft: '#525d6a',
    line: '#d3dae1',
    link: '#0a58b3',
    good: { ink: '#17653a', ground: '#e5f4ea' },
    paused: { ink: '#824600', ground: '#fff1d9' },
    idle: { ink: '#4d5866', ground: '#ebeff3' },
    bad: { ink: '#a9211a', ground: '#fdeae9' },
    current: { ink: '#0a58b3', ground: '#e8f1fc' },
    pending: { ink: '#6c35b1', ground: '#f3ecfc' },
    previous: { ink: '#4d5866', ground: '#eef1f4' },
    unknown: { ink: '#8a3a00', ground: '#fdf0e6' },
  },
  dark: {
    ground: '#161d26',
    card: '#1d2631',
    ink: '#e8ecf0',
    soft: '#a9b5c1',
    line: '#3b4856',
    link: '#7cbcff',
    good: { ink: '#86d9a6', ground: '#163324' },
    paused: { ink: '#ffca7a', ground: '#3b2c10' },
    idle: { ink: '#b3bec9', ground: '#293543' },
    bad: { ink: '#ffa69e', ground: '#46201f' },
    current: { ink: '#7cbcff', ground: '#16304d' },
    pending: { ink: '#cfabff', ground: '#33234d' },
    previous: { ink: '#b3bec9', ground: '#293543' },
    unknown: { ink: '#ffbb88', ground: '#40281a' },
  },
};

/** The colours as variables of the style sheet. */
function variables(palette: Palette): Html {
  const own = plain.map((name) => html`--${name}:${palette[name]};`);
  const pairs = inks.map((name) => html`--${name}:${palette[name].ink};--${name}-ground:${palette[name].ground};`);
  return html`${own}${pairs}`;
}

/** A box, a row, a bar or a word that shows how something is. */
const shown = inks.map(
  (name) => html` .slr .${name} { --tone: var(--${name}); --tone-ground: var(--${name}-ground); }`,
);

/** Everything under one class: a dashboard shows other widgets beside this one, in the same document. */
export const styles = html`<style>
        .slr { ${variables(palettes.light)} color-scheme: light; }
        .slr-dark { ${variables(palettes.dark)} color-scheme: dark; }
        @media (prefers-color-scheme: dark) { .slr-auto { ${variables(palettes.dark)} color-scheme: dark; } }
        .slr { background: var(--ground); color: var(--ink); padding: 20px 24px 28px; overflow-wrap: anywhere;
          font: 14px/1.5 "Amazon Ember", system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
        .slr *, .slr { box-sizing: border-box; }
        .slr h1, .slr h2, .slr h3, .slr h4, .slr p, .slr ul, .slr dl, .slr dd, .slr figure { margin: 0; padding: 0; }
        .slr h1 { font-size: 14px; font-weight: 600; color: var(--soft); margin-bottom: 10px; }
  .slr h2 { font-size: 20px; line-height: 1.3; font-weight: 650; color: inherit; }
        .slr h3 { font-size: 17px; line-height: 1.35; font-weight: 650; color: var(--ink); }
        .slr h4 { font-size: 13px; font-weight: 650; color: var(--ink); margin: 24px 0 8px; }
        .slr a { color: var(--link); text-decoration: underline; }
        .slr code { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: 12.5px; }
        .slr .soft { color: var(--soft); }
        .slr .small { font-size: 12.5px; }
        ${shown}
        .slr .verdict { display: flex; gap: 14px; align-items: center; padding: 14px 18px; border-radius: 10px;
          background: var(--tone-ground); color: var(--tone); }
        .slr .verdict p { color: var(--ink); font-size: 13px; }
        .slr .verdict svg { flex: none; }
        .slr .secret { border: 1px solid var(--line); border-radius: 10px; padding: 16px 18px 18px; margin-top: 18px; }
        .slr .secret > header { display: flex; flex-wrap: wrap; gap: 4px 12px; align-items: center; }
        .slr .chip { display: inline-block; border-radius: 12px; padding: 1px 10px; font-size: 12px; font-weight: 600; white-space: nowrap;
          background: var(--tone-ground); color: var(--tone); }
        .slr .facts { display: flex; flex-wrap: wrap; gap: 2px 22px; margin-top: 6px; font-size: 13px; }
        .slr .facts div { display: flex; gap: 6px; }
        .slr .facts dt { color: var(--soft); }
        .slr .note { border-left: 4px solid var(--tone); border-radius: 0 8px 8px 0; background: var(--tone-ground); padding: 10px 14px; margin-top: 14px; }
        .slr .note h4 { margin: 0 0 4px; color: var(--tone); font-size: 14px; }
        .slr .note ul { padding-left: 18px; list-style: disc; }
        .slr .note p + p, .slr .note ul + p, .slr .note p + ul { margin-top: 6px; }
        .slr .command { display: block; margin-top: 8px; padding: 8px 12px; border-radius: 6px; background: var(--ground); color: var(--ink);
          border: 1px solid var(--line); white-space: pre-wrap; }
        .slr table { border-collapse: collapse; width: 100%; font-size: 13px; background: none; }
        .slr caption { text-align: left; color: var(--soft); font-size: 12.5px; padding: 0 0 6px; }
        .slr th, .slr td { text-align: left; vertical-align: top; padding: 5px 12px 5px 0; border: 0; border-bottom: 1px solid var(--line);
          background: none; color: var(--ink); font-weight: 400; }
        .slr thead th { color: var(--soft); font-size: 12px; font-weight: 600; }
        .slr th > code[title] { white-space: nowrap; }
        .slr td > code { overflow-wrap: normal; }
    .slr th.name { width: 36%; }
      .slr td.number, .slr th.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
        .slr details { margin-top: 8px; }
        .slr summary { cursor: pointer; padding: 3px 0; color: var(--ink); }
        .slr summary > h3, .slr summary > h4 { display: inline; margin: 0; }
        .slr details > .inside { padding: 8px 0 6px 17px; }
        .slr svg.drawing { display: block; width: 100%; height: auto; }
        .slr svg text { font: 12px system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif; fill: var(--ink); }
        .slr svg text.code { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
        .slr svg text.strong { font-weight: 650; }
        .slr svg text.faint { fill: var(--soft); }
        .slr svg text.toned { fill: var(--tone); }
        .slr svg .box { fill: var(--tone-ground); stroke: var(--tone); }
        .slr svg .plain { fill: var(--card); stroke: var(--line); }
        .slr svg .dashed { stroke-dasharray: 4 3; }
        .slr svg .bar { fill: var(--tone); }
        .slr svg .way { fill: none; stroke: var(--tone); stroke-width: 1.5; opacity: .75; }
        .slr svg .thin { fill: none; stroke: var(--line); stroke-width: 1.5; }
        .slr svg .grid { stroke: var(--line); }
        .slr .narrow { display: none; }
        @media (max-width: 959px) { .slr .wide { display: none; } .slr .narrow { display: block; } }
        @media (max-width: 959px) { .slr-auto { padding: 16px 24px 24px; } }
</style>`;
