import { visible } from '../core/visible';
import { html, type Html, none } from './html';
import type { View } from './view';

/** Widths that drawings are made for, CSS pixels: what is between is scaled, so that text stays as large as elsewhere. */
export const wide = 1_114;
export const narrow = 514;
/** A place of that width gets the wide drawings. */
const wideFrom = 960;

/** Drawn for the width at hand, or for both, and the style sheet shows one. */
export function drawn(view: View, draw: (width: number) => Html): Html {
  if (view.width !== null) return draw(view.width < wideFrom ? narrow : wide);
  return html`<div class="wide">${draw(wide)}</div>
    <div class="narrow">${draw(narrow)}</div>`;
}

/** @param says what the drawing shows, for those who do not see it */
export const drawing = (width: number, height: number, says: string, content: readonly Html[]): Html =>
  html`<svg
    class="drawing"
    role="img"
    aria-label="${says}"
    viewBox="0 0 ${width} ${Math.ceil(height)}"
    style="max-width:${Math.round(width * 1.1)}px"
  >
    ${content}
  </svg>`;

/** At 12 px, in the font of code and, on average, in the other. CSS pixels. */
const [codeWidth, textWidth] = [7.3, 6.9];

/** Beside a small letter of the Latin alphabet. */
const widthOf = (character: string): number =>
  (character.codePointAt(0) ?? 0) >= 0x1100 ? 2 : /\p{Lu}|[wm@%]/u.test(character) ? 1.3 : 1;

/** Cut to a width, as a reader would: the name in full is shown when pointed at. */
export function cut(text: string, room: number, characterWidth: number = textWidth): string {
  const characters = Array.from(visible(text));
  let left = Math.floor(room / characterWidth);
  const widths = characters.map(widthOf);
  if (widths.reduce((sum, width) => sum + width, 0) <= left) return characters.join('');
  left -= 1; // of the ellipsis
  const end = widths.findIndex((width) => (left -= width) < 0);
  return `${characters.slice(0, Math.max(0, end)).join('')}…`;
}

interface Written {
  readonly x: number;
  readonly y: number;
  /** The width that it may take. */
  readonly room: number;
  readonly look?: 'code' | 'code strong' | 'strong' | 'faint' | 'faint code' | 'toned' | 'toned strong' | '';
  readonly anchor?: 'start' | 'end';
}

/** One line of text. */
export function written(text: string, { x, y, room, look = '', anchor = 'start' }: Written): Html {
  const short = cut(text, room, look.includes('code') ? codeWidth : textWidth);
  const whole = short === visible(text) ? none : html`<title>${text}</title>`;
  return html`<text class="${look}" x="${x}" y="${y}" text-anchor="${anchor}">${short}${whole}</text>`;
}

interface Place {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A place of its own: what stands in it does not reach over its edge, whatever the font. */
export const place = ({ x, y, width, height }: Place, look: string, content: readonly Html[]): Html =>
  html`<svg class="${look}" x="${x}" y="${y}" width="${width}" height="${height}">${content}</svg>`;

/** A line from the right of one to the left of another. */
export function way(look: string, fromX: number, fromY: number, toX: number, toY: number): Html {
  const middle = (fromX + toX) / 2;
  return html`<path class="${look}" d="M${fromX} ${fromY} C${middle} ${fromY} ${middle} ${toY} ${toX} ${toY}" />`;
}
