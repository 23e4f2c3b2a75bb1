import { visible } from '../../lambda/core/visible';

test.each([
  ['a line break', 'a\nb', 'a\\u{a}b'],
  ['an escape sequence', 'a\u001b[2Jb', 'a\\u{1b}[2Jb'],
  ['a turn of the direction of reading', 'a\u202eb', 'a\\u{202e}b'],
  ['half a character', 'a\ud83db', 'a\\u{d83d}b'],
])('%s is spelled out', (_, text, shown) => {
  expect(visible(text)).toBe(shown);
});

test('letters of any script stay as they are', () => {
  expect(visible('Übersicht 注文 é 🚚')).toBe('Übersicht 注文 é 🚚');
});
