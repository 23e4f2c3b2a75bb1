import { assumed } from './assumed';
import type { Cursor } from './cursor';
import type { SetClause, Statement } from './statement';
import { SyntaxFault } from './tokenizer';

const LINK_TYPES = ['S3', 'AZURE', 'GCS', 'HDFS', 'HTTP', 'KAFKA', 'MONGODB', 'MYSQL'];

/** What follows ALTER LINK: at most one clause of CONFIG and one of CREDENTIALS. */
export function alterLink(c: Cursor): Statement {
  const link = c.ref();
  const clauses: SetClause[] = [];
  do {
    c.expect('SET');
    const at = c.token;
    const of = c.oneOf(['CONFIG', 'CREDENTIALS']) as SetClause['of'];
    if (clauses.some((clause) => clause.of === of)) throw new SyntaxFault(at.start);
    if (c.takeSymbol('::')) {
      if (c.token.kind === 'name' && assumed.keyInBackticks === 'parse-error') c.fail();
      const key = c.identifier(); // a dot or a hyphen ends it
      c.expectSymbol('=');
      const number = c.token.kind === 'number' && assumed.numberForKey === 'taken';
      clauses.push({ of, key, value: number ? c.number() : c.string() });
    } else {
      clauses.push({ of, json: c.string() });
    }
  } while (c.token.kind === 'word');
  return { kind: 'alter-link', link, clauses };
}

/** What follows CREATE [OR REPLACE] LINK; its clauses come in any order. */
export function createLink(c: Cursor, orReplace: boolean): Statement {
  const ifNotExists = !orReplace && c.take('IF', 'NOT', 'EXISTS');
  const link = c.ref();
  c.expect('AS');
  const type = c.oneOf(LINK_TYPES);
  const clauses: { CONFIG?: string; CREDENTIALS?: string; DESCRIPTION?: string } = {};
  while (c.token.kind === 'word') {
    const at = c.token;
    const clause = c.oneOf(['CONFIG', 'CREDENTIALS', 'DESCRIPTION']) as keyof typeof clauses;
    if (clauses[clause] !== undefined) throw new SyntaxFault(at.start);
    clauses[clause] = c.string();
  }
  const {
    CONFIG: config,
    CREDENTIALS: credentials,
    DESCRIPTION: description,
  } = { ...assumed.linkDefaults, ...clauses };
  return { kind: 'create-link', orReplace, ifNotExists, link, type, config, credentials, description };
}
