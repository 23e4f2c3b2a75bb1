import { inspect } from 'node:util';
import { asRotationError, RotationError } from '../../lambda/core/errors';

const canary = 'CANARY';

test('the message begins with the code, for who sees nothing else', () => {
  const error = new RotationError('KEY_QUOTA', 'no slot is free');
  expect(error).toMatchObject({ name: 'RotationError', code: 'KEY_QUOTA', message: 'KEY_QUOTA: no slot is free' });
});

test('an error of ours stays as it is', () => {
  const error = new RotationError('KEY_QUOTA', 'no slot is free');
  expect(asRotationError(error)).toBe(error);
});

class QueryError extends Error {
  constructor(
    message: string,
    readonly sql: string,
  ) {
    super(message, { cause: new Error(sql) });
  }
}

function evil(message: string): Error {
  return new QueryError(message, canary);
}

test.each([
  `near '${canary}'`,
  `you asked at ${canary} for it`,
  `two lines\n    at ${canary} of them`,
  `at async ${canary} `,
  `like a stack\n    at ${canary} (index.js:1:1)`,
])('of a foreign error only its class and its place are told, never its text: %j', (message) => {
  const error = asRotationError(evil(message));
  expect(error.code).toBe('INTERNAL');
  expect(error.message).toContain('an unexpected QueryError in evil. ');
  expect(inspect(error, { depth: null, showHidden: true })).not.toContain(canary);
});

test('a text that was taken out of the message later is not told from the stack, where it still stands', () => {
  const error = evil(`you looked at ${canary} (again)`);
  expect(error.stack).toContain(canary); // it is written down when it is first read
  error.message = 'you looked';
  expect(asRotationError(error).message).toContain('an unexpected QueryError in evil. ');
});

test('a parser that quotes its input is not quoted', () => {
  let thrown: unknown;
  try {
    JSON.parse(`{"password": ${canary}}`);
  } catch (error) {
    thrown = error;
  }
  expect(asRotationError(thrown).message).toContain('an unexpected SyntaxError in ');
  expect(asRotationError(thrown).message).not.toContain(canary);
});

test.each<[unknown, string]>([
  [canary, 'string'],
  [undefined, 'undefined'],
  [null, 'object'],
  [{ message: canary }, 'object'],
])('what is thrown and is no error is told by its type: %j', (thrown, kind) => {
  const error = asRotationError(thrown);
  expect(error.message).toContain(`an unexpected ${kind} in unknown. `);
  expect(inspect(error, { depth: null, showHidden: true })).not.toContain(canary);
});

test('an error without a stack has no place', () => {
  const error = evil('no stack');
  delete error.stack;
  expect(asRotationError(error).message).toContain('an unexpected QueryError in unknown. ');
});
