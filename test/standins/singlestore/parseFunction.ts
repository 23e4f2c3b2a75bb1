import type { Cursor } from './cursor';
import type { Statement } from './statement';

/** What follows CREATE [OR REPLACE] EXTERNAL FUNCTION (the page of that name; PROTOCOL is on that of version 10). */
export function createFunction(c: Cursor, orReplace: boolean): Statement {
  const name = c.ref();
  const { start } = c.token;
  c.expectSymbol('(');
  for (let depth = 1; depth > 0;) {
    if (c.takeSymbol('(')) depth++;
    else if (c.takeSymbol(')')) depth--;
    else if (c.token.kind === 'end') c.fail();
    else c.next();
  }
  c.expect('RETURNS');
  do c.next();
  while (!['AS', 'DEFINER'].includes(c.token.text.toUpperCase()) && c.token.kind !== 'end');
  const signature = c.sql.slice(start, c.token.start).trim();
  if (c.take('DEFINER')) {
    c.expectSymbol('=');
    c.expect('CURRENT_USER');
  }
  c.expect('AS');
  const collocated = c.take('COLLOCATED');
  if (!collocated) c.take('REMOTE');
  c.expect('SERVICE');
  const url = c.string();
  c.expect('FORMAT');
  const format = c.identifier().toUpperCase();
  const delimited = c.take('USING', 'DELIMITED', 'BATCHES');
  const link = c.take('LINK') ? c.ref() : undefined;
  const protocol = c.take('PROTOCOL') ? c.oneOf(['V1', 'V2']) : undefined;
  return {
    kind: 'create-function',
    function: name,
    orReplace,
    signature,
    collocated,
    url,
    format,
    delimited,
    link,
    protocol,
  };
}
