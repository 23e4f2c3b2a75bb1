import { visible } from '../core/visible';

/** Text that is HTML already. {@link html} alone makes it, so nothing that came from outside stands in it unescaped. */
class Markup {
  constructor(readonly text: string) {}
  toString(): string {
    return this.text;
  }
}
export type Html = Markup;

/** Put into a template: HTML as it is, lists one after the other, and text escaped. */
export type Fill = Html | string | number | readonly Html[];

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
};

function filled(fill: Fill): string {
  if (fill instanceof Markup) return fill.text;
  if (typeof fill === 'object') return fill.map(({ text }) => text).join('');
  return visible(String(fill)).replaceAll(/[&<>"'`]/g, (character) => entities[character] ?? '');
}

/** A template of HTML. Attributes in it stand in double quotes. */
export function html(parts: TemplateStringsArray, ...fills: readonly Fill[]): Html {
  return new Markup(parts.map((part, at) => (at === 0 ? '' : filled(fills[at - 1] ?? '')) + part).join(''));
}

export const none = html``;

/** Only a link to a site of the web is one; anything else is told as text. */
export const anchor = (address: string, text: string): Html =>
  /^https:\/\//.test(address) ? html`<a href="${address}" rel="noreferrer">${text}</a>` : html`${address}`;
