import { inks, palettes, type Palette } from '../../lambda/page/styles';

/** WCAG 2.2, relative luminance and contrast ratio. */
function luminance(colour: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5]
    .map((at) => parseInt(colour.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

/** Which ink stands on which ground. */
const pairs = (palette: Palette): [string, string, string][] => [
  ...inks.flatMap((name): [string, string, string][] => [
    [`${name} on its own ground`, palette[name].ink, palette[name].ground],
    [`${name} on a card`, palette[name].ink, palette.card],
    [`text on the ground of ${name}`, palette.ink, palette[name].ground],
    [`links on the ground of ${name}`, palette.link, palette[name].ground],
  ]),
  ...(['ground', 'card'] as const).flatMap((ground): [string, string, string][] =>
    (['ink', 'soft', 'link'] as const).map((ink) => [`${ink} on ${ground}`, palette[ink], palette[ground]]),
  ),
];

describe.each(Object.entries(palettes))('in %s', (_, palette) => {
  test.each(pairs(palette))('%s can be read (WCAG AA)', (_name, ink, ground) => {
    expect(contrast(ink, ground)).toBeGreaterThanOrEqual(4.5);
  });
});
