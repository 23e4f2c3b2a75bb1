import type { Cursor } from './cursor';
import type { Statement } from './statement';

/** What follows SHOW. */
export function show(c: Cursor): Statement {
  if (c.take('LINKS')) return { kind: 'show-links', database: c.take('ON') ? c.identifier() : undefined };
  if (c.take('PIPELINES')) return { kind: 'show-pipelines', database: c.take('ON') ? c.identifier() : within(c) };
  if (c.take('FUNCTIONS')) return { kind: 'show-functions', database: within(c), like: like(c) };
  if (c.take('CREATE', 'FUNCTION')) return { kind: 'show-create-function', function: c.ref() };
  if (c.take('TABLES')) return { kind: 'show-tables', database: within(c), like: like(c) };
  if (c.take('CREATE', 'LINK')) return { kind: 'show-create-link', link: c.ref() };
  if (c.take('CREATE', 'PIPELINE')) {
    const pipeline = c.ref();
    return { kind: 'show-create-pipeline', pipeline, extended: c.take('EXTENDED') };
  }
  if (c.take('PROCESSLIST') || c.take('FULL', 'PROCESSLIST')) return { kind: 'show-processlist' };
  if (c.take('DATABASES')) return { kind: 'show-databases' };
  if (c.take('WARNINGS')) {
    if (c.take('LIMIT')) c.number();
    return { kind: 'show-warnings' };
  }
  if (c.take('GRANTS')) {
    if (!c.take('FOR') || c.take('CURRENT_USER')) {
      if (c.takeSymbol('(')) c.expectSymbol(')');
      return { kind: 'show-grants', user: undefined };
    }
    return { kind: 'show-grants', user: c.user() };
  }
  if (!c.take('GLOBAL')) c.take('SESSION');
  if (c.take('STATUS')) return { kind: 'show-status', like: like(c) };
  if (c.take('VARIABLES')) return { kind: 'show-variables', like: like(c) };
  return c.fail();
}

function within(c: Cursor): string | undefined {
  return c.take('FROM') || c.take('IN') ? c.identifier() : undefined;
}

function like(c: Cursor): string | undefined {
  return c.take('LIKE') ? c.string() : undefined;
}
