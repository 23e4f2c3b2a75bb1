import type { Settings } from './cluster';
import { Cursor } from './cursor';
import { createFunction } from './parseFunction';
import { alterLink, createLink } from './parseLink';
import { createPipeline, startPipeline, stopPipeline } from './parsePipeline';
import { select } from './parseSelect';
import { show } from './parseShow';
import { syntaxError } from './reply';
import type { ErrorReply } from './reply';
import type { Statement } from './statement';
import { SyntaxFault, tokenize } from './tokenizer';

/** Reads one statement in the grammar of the server's version, or says with MySQL's text where it stopped. */
export function parse(sql: string, settings: Pick<Settings, 'version' | 'orReplaceLink'>): Statement | ErrorReply {
  try {
    const cursor = new Cursor(sql, tokenize(sql));
    const parsed = statement(cursor, settings);
    cursor.end();
    return parsed;
  } catch (fault) {
    if (fault instanceof RangeError) return syntaxError(sql, 1); // nested deeper than the stack
    if (!(fault instanceof SyntaxFault)) throw fault;
    return syntaxError(sql.slice(fault.at), sql.slice(0, fault.at).split('\n').length);
  }
}

function statement(c: Cursor, settings: Pick<Settings, 'version' | 'orReplaceLink'>): Statement {
  if (c.take('SELECT')) return { kind: 'select', select: select(c) };
  if (c.take('SHOW')) return show(c);
  if (c.take('STOP', 'PIPELINE')) return stopPipeline(c);
  if (c.take('START', 'PIPELINE')) return startPipeline(c);
  if (c.take('ALTER', 'LINK') && settings.version !== '8.9' && settings.version !== '9.0') return alterLink(c);
  if (c.take('CREATE')) return create(c, settings.orReplaceLink);
  if (c.take('DROP')) return drop(c);
  if (c.take('DETACH', 'PIPELINE')) {
    const ifExists = c.take('IF', 'EXISTS');
    return { kind: 'detach-pipeline', ifExists, pipeline: c.ref() };
  }
  if (c.take('TEST', 'PIPELINE')) {
    const pipeline = c.ref();
    if (c.take('LIMIT')) c.number();
    return { kind: 'test-pipeline', pipeline };
  }
  if (c.take('CLEAR', 'PIPELINE', 'ERRORS')) {
    return { kind: 'clear-errors', pipeline: c.take('FOR') ? c.ref() : undefined };
  }
  if (c.take('KILL')) {
    const queryOnly = c.take('QUERY');
    if (!queryOnly) c.take('CONNECTION');
    return { kind: 'kill', queryOnly, id: c.number() };
  }
  if (c.take('USE')) return { kind: 'use', database: c.identifier() };
  if (c.take('GRANT')) return grant(c, false);
  if (c.take('REVOKE')) return grant(c, true);
  if (c.take('FLUSH', 'EXTRACTOR', 'POOLS') || c.take('COMMIT') || c.take('ROLLBACK') || c.take('BEGIN')) {
    return { kind: 'no-effect' };
  }
  if (c.take('START', 'TRANSACTION')) return { kind: 'no-effect' };
  if (c.take('SET')) {
    if (c.token.kind === 'end') c.fail();
    c.skip();
    return { kind: 'no-effect' };
  }
  return c.fail();
}

function create(c: Cursor, orReplaceLink: boolean): Statement {
  if (c.take('DATABASE')) {
    const ifNotExists = c.take('IF', 'NOT', 'EXISTS');
    return { kind: 'create-database', ifNotExists, name: c.identifier() };
  }
  if (c.take('USER')) {
    const user = c.user();
    const password = c.take('IDENTIFIED', 'BY') ? c.string() : '';
    return { kind: 'create-user', user, password, requireTls: c.take('REQUIRE', 'SSL') };
  }
  if (c.take('LINK')) return createLink(c, false);
  if (orReplaceLink && c.take('OR', 'REPLACE', 'LINK')) return createLink(c, true);
  for (const orReplace of [true, false]) {
    const words = orReplace ? ['OR', 'REPLACE'] : [];
    if (c.take(...words, 'AGGREGATOR', 'PIPELINE')) return createPipeline(c, orReplace, true);
    if (c.take(...words, 'PIPELINE')) return createPipeline(c, orReplace, false);
    if (c.take(...words, 'EXTERNAL', 'FUNCTION')) return createFunction(c, orReplace);
  }
  c.take('ROWSTORE');
  c.expect('TABLE');
  const ifNotExists = c.take('IF', 'NOT', 'EXISTS');
  const table = c.ref();
  c.expectSymbol('(');
  c.skip();
  return { kind: 'create-table', ifNotExists, table };
}

function drop(c: Cursor): Statement {
  if (c.take('LINK')) return { kind: 'drop-link', link: c.ref() };
  if (c.take('DATABASE')) {
    const ifExists = c.take('IF', 'EXISTS');
    return { kind: 'drop-database', ifExists, name: c.identifier() };
  }
  if (c.take('USER')) {
    const ifExists = c.take('IF', 'EXISTS');
    return { kind: 'drop-user', ifExists, user: c.user() };
  }
  if (c.take('FUNCTION')) {
    const ifExists = c.take('IF', 'EXISTS');
    return { kind: 'drop-function', ifExists, function: c.ref() };
  }
  c.expect('PIPELINE');
  const ifExists = c.take('IF', 'EXISTS');
  return { kind: 'drop-pipeline', ifExists, pipeline: c.ref() };
}

function grant(c: Cursor, revoke: boolean): Statement {
  const privileges: string[] = [];
  do {
    const words: string[] = [];
    while (c.token.kind === 'word' && c.token.text.toUpperCase() !== 'ON') words.push(c.next().text.toUpperCase());
    if (words.length === 0) c.fail();
    const privilege = words.join(' ');
    privileges.push(privilege === 'ALL PRIVILEGES' ? 'ALL' : privilege);
  } while (c.takeSymbol(','));
  c.expect('ON');
  const database = c.takeSymbol('*') ? '*' : c.identifier();
  c.expectSymbol('.');
  if (!c.takeSymbol('*')) c.identifier();
  c.expect(revoke ? 'FROM' : 'TO');
  const user = c.user();
  const password = c.take('IDENTIFIED', 'BY') ? c.string() : undefined;
  const requireTls = c.take('REQUIRE', 'SSL');
  return { kind: 'grant', privileges, database, user, password, requireTls, revoke };
}
