import type { Settings } from './cluster';
import { Cursor } from './cursor';
import { pipelineOptions } from './parsePipeline';
import { select } from './parseSelect';
import { syntaxError } from './reply';
import type { ErrorReply } from './reply';
import type { Ref, SetClause, Statement } from './statement';
import { SyntaxFault, tokenize } from './tokenizer';

const LINK_TYPES = ['S3', 'AZURE', 'GCS', 'HDFS', 'HTTP', 'KAFKA', 'MONGODB', 'MYSQL'];

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
  if (c.take('STOP', 'PIPELINE')) return stop(c);
  if (c.take('START', 'PIPELINE')) return start(c);
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

function show(c: Cursor): Statement {
  if (c.take('LINKS')) return { kind: 'show-links', database: c.take('ON') ? c.identifier() : undefined };
  if (c.take('PIPELINES')) {
    return {
      kind: 'show-pipelines',
      database: c.take('ON') || c.take('FROM') || c.take('IN') ? c.identifier() : undefined,
    };
  }
  if (c.take('CREATE', 'LINK')) return { kind: 'show-create-link', link: c.ref() };
  if (c.take('CREATE', 'PIPELINE')) {
    const pipeline = c.ref();
    return { kind: 'show-create-pipeline', pipeline, extended: c.take('EXTENDED') };
  }
  if (c.take('PROCESSLIST') || c.take('FULL', 'PROCESSLIST')) return { kind: 'show-processlist' };
  if (c.take('DATABASES')) return { kind: 'show-databases' };
  if (c.take('WARNINGS')) return { kind: 'show-warnings' };
  if (c.take('GRANTS')) {
    if (!c.take('FOR') || c.take('CURRENT_USER')) {
      if (c.takeSymbol('(')) c.expectSymbol(')');
      return { kind: 'show-grants', user: undefined };
    }
    return { kind: 'show-grants', user: c.user() };
  }
  if (c.take('VARIABLES') || c.take('GLOBAL', 'VARIABLES') || c.take('SESSION', 'VARIABLES')) {
    return { kind: 'show-variables', like: c.take('LIKE') ? c.string() : undefined };
  }
  return c.fail();
}

function stop(c: Cursor): Statement {
  const ifRunning = c.take('IF', 'RUNNING');
  const pipeline = c.ref();
  return { kind: 'stop-pipeline', ifRunning, pipeline, detach: c.take('DETACH') };
}

function start(c: Cursor): Statement {
  const ifNotRunning = c.take('IF', 'NOT', 'RUNNING');
  const pipeline = c.ref();
  const foreground = c.take('FOREGROUND');
  let batches: number | undefined;
  if (foreground && c.take('LIMIT')) {
    batches = c.number();
    c.expect('BATCHES');
  }
  return { kind: 'start-pipeline', ifNotRunning, pipeline, foreground, batches };
}

function alterLink(c: Cursor): Statement {
  const link = c.ref();
  const clauses: SetClause[] = [];
  do {
    c.expect('SET');
    const at = c.token;
    const of = c.oneOf(['CONFIG', 'CREDENTIALS']) as SetClause['of'];
    if (clauses.some((clause) => clause.of === of)) throw new SyntaxFault(at.start);
    if (c.takeSymbol('::')) {
      const key = c.identifier();
      c.expectSymbol('=');
      clauses.push({ of, key, value: c.token.kind === 'number' ? c.number() : c.string() });
    } else {
      clauses.push({ of, json: c.string() });
    }
  } while (c.token.kind === 'word');
  return { kind: 'alter-link', link, clauses };
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
  if (c.take('OR', 'REPLACE', 'PIPELINE')) return createPipeline(c, true);
  if (c.take('PIPELINE')) return createPipeline(c, false);
  c.take('ROWSTORE');
  c.expect('TABLE');
  const ifNotExists = c.take('IF', 'NOT', 'EXISTS');
  const table = c.ref();
  c.expectSymbol('(');
  c.skip();
  return { kind: 'create-table', ifNotExists, table };
}

function createLink(c: Cursor, orReplace: boolean): Statement {
  const ifNotExists = !orReplace && c.take('IF', 'NOT', 'EXISTS');
  const link: Ref = c.ref();
  c.expect('AS');
  const type = c.oneOf(LINK_TYPES);
  const clauses: { CONFIG?: string; CREDENTIALS?: string; DESCRIPTION?: string } = {};
  while (c.token.kind === 'word') {
    const at = c.token;
    const clause = c.oneOf(['CONFIG', 'CREDENTIALS', 'DESCRIPTION']) as keyof typeof clauses;
    if (clauses[clause] !== undefined) throw new SyntaxFault(at.start);
    clauses[clause] = c.string();
  }
  const { CONFIG: config = '{}', CREDENTIALS: credentials = '{}', DESCRIPTION: description = '' } = clauses;
  return { kind: 'create-link', orReplace, ifNotExists, link, type, config, credentials, description };
}

function createPipeline(c: Cursor, orReplace: boolean): Statement {
  const ifNotExists = !orReplace && c.take('IF', 'NOT', 'EXISTS');
  const pipeline = c.ref();
  const force = c.take('FORCE');
  c.expect('AS', 'LOAD', 'DATA');
  return { kind: 'create-pipeline', orReplace, ifNotExists, force, pipeline, options: pipelineOptions(c) };
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
