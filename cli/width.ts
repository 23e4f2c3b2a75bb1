import stringWidth from 'string-width';

/** Places that a text takes in a line of a terminal: letters of East Asia and emoji take two, accents of their own none. */
export const widthOf = (text: string): number => stringWidth(text);
