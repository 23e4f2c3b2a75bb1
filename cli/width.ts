import stringWidth from 'string-width';

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const isPlain = (text: string): boolean => /^[ -~]*$/.test(text);

/** What a reader takes for one: an accent stands on its letter, an emoji of several code points is one. */
export const charactersOf = (text: string): readonly string[] =>
  isPlain(text) ? text.split('') : Array.from(graphemes.segment(text), ({ segment }) => segment);

/** Shown as emoji: as this Node.js knows them, and code points kept for those to come. The list of string-width ends in 2019. */
const emoji = /\p{Emoji_Presentation}|\p{Emoji}\uFE0F|(?=\p{Extended_Pictographic})\p{Cn}/u;
/** Written over the letter before them. */
const marks = /[\p{Mn}\p{Me}]/gu;

const widthOfOne = (character: string): number =>
  emoji.test(character) ? 2 : stringWidth(character.normalize().replaceAll(marks, ''));

/** Places that a text takes in a line of a terminal: letters of East Asia and emoji take two, marks over a letter none. */
export const widthOf = (text: string): number =>
  isPlain(text) ? text.length : charactersOf(text).reduce((sum, character) => sum + widthOfOne(character), 0);
