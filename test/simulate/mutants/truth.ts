import type { Mutant } from './mutant';

const finishSecret = 'lambda/steps/finishSecret.ts';
const testSecret = 'lambda/steps/testSecret.ts';

/** Truthfulness: modes 33 to 36. */
export const truthMutants: readonly Mutant[] = [
  {
    name: 'promote-before-proof',
    modes: [33],
    what: 'AWSCURRENT moves as soon as the links are changed.',
    patches: [
      {
        file: 'lambda/steps/setSecret.ts',
        find: '    mustAllHaveMoved(moved.flat(),',
        replace:
          "    await run.secrets.moveLabel(secret.arn, 'AWSCURRENT', current?.version ?? null, version);\n    mustAllHaveMoved(moved.flat(),",
      },
    ],
  },
  {
    name: 'success-without-proof',
    modes: [33, 20],
    what: 'testSecret passes when nobody has complained yet: the proof is not waited for.',
    patches: [
      {
        file: testSecret,
        find: 'const refused = proofs.filter((proof) => proof.refused.length > 0);',
        replace: 'const refused = proofs.filter((proof) => proof.refused.length > 1_000);',
      },
    ],
  },
  {
    name: 'steps-not-in-order',
    modes: [33, 23],
    what: 'finishSecret promotes whatever it is called for.',
    patches: [
      {
        file: finishSecret,
        find: 'const { setAt, testedAt } =',
        replace: 'const { setAt = 0, testedAt = Infinity } =',
      },
    ],
  },
  {
    name: 'current-value-copied',
    modes: [33],
    what: 'The pending version is given the current value: a rotation each month that changes nothing.',
    patches: [
      {
        file: 'lambda/steps/createSecret.ts',
        find: '  await source.create(run, rotation, { current, unrecorded });',
        replace: `  if (current === null) await source.create(run, rotation, { current, unrecorded });
  else await run.secrets.put(secret.arn, version, current.value, undefined);`,
      },
    ],
  },
  {
    name: 'first-error-hidden-by-the-last',
    modes: [34],
    what: 'The error of the clean-up replaces the one that made it necessary.',
    // words of a message
    caughtBy: 'test/steps/resume.test.ts',
    patches: [
      {
        file: 'lambda/steps/bracket/progress.ts',
        find: 'failure: this.situation.failure ?? failure,',
        replace: 'failure,',
      },
    ],
  },
  {
    name: 'last-link-leads',
    modes: [34],
    what: 'Of several links that failed the last one is reported first.',
    // words of a message
    caughtBy: 'test/steps/links.test.ts',
    patches: [
      {
        file: 'lambda/steps/move.ts',
        find: 'const [first, ...others] = errors;',
        replace: 'const [first, ...others] = [...errors].reverse();',
      },
    ],
  },
  {
    name: 'secret-in-an-error',
    modes: [35],
    what: "The beginning of the text that is no JSON is quoted, as JSON's own message does.",
    // a text that no world holds
    caughtBy: 'test/core/secret.test.ts',
    patches: [
      {
        file: 'lambda/core/secret.ts',
        find: "throw wrong('is not a JSON object');",
        replace: 'throw wrong(`is not a JSON object (${value.reveal().slice(0, 20)})`);',
      },
    ],
  },
  {
    name: 'source-quoted-in-an-error',
    modes: [35],
    what: "The source's own words, which may quote the credentials, are put into the message.",
    patches: [
      {
        file: 'lambda/steps/prove.ts',
        find: '      const error = said.findLast(isCredentialError) ?? said.at(-1) ?? null;',
        replace: `      const error = said.findLast(isCredentialError) ?? said.at(-1) ?? null;
      if (error !== null && isCredentialError(error)) throw new Error(error.message);`,
      },
      {
        file: 'lambda/core/errors.ts',
        find: '`an unexpected ${kind} in ${place}`',
        replace: '`an unexpected ${kind} in ${place}: ${error instanceof Error ? error.message : place}`',
      },
    ],
  },
  {
    name: 'secret-in-the-log',
    modes: [35],
    what: 'The new value is logged with the key that was made.',
    patches: [
      {
        file: 'lambda/steps/sources/makeKey.ts',
        find: "run.log.info(stored ? 'key-created' : 'key-discarded', { userName, keyId: made.keyId, version });",
        replace:
          "run.log.info(stored ? 'key-created' : 'key-discarded', { userName, keyId: made.keyId, version, secret: made.secret.reveal() });",
      },
    ],
  },
  {
    name: 'secret-in-the-journal',
    modes: [35],
    what: 'The pair is kept in the journal, so that a retry has it at hand.',
    patches: [
      {
        file: 'lambda/steps/sources/makeKey.ts',
        find: 'const ours = { keyId: made.keyId, secretId: secret.arn, version, at };',
        replace:
          'const ours = { ...{ secret: made.secret.reveal() }, keyId: made.keyId, secretId: secret.arn, version, at };',
      },
    ],
  },
  {
    name: 'secret-that-prints',
    modes: [35],
    what: 'A secret text shows itself in JSON, as any object does.',
    // no line that is put out holds such an object
    caughtBy: 'test/core/credentials.test.ts',
    patches: [
      {
        file: 'lambda/core/credentials.ts',
        find: `  toJSON(): string {
    return hidden;`,
        replace: `  toJSON(): string {
    return this.#text;`,
      },
    ],
  },
  {
    name: 'statement-logged',
    modes: [35],
    what: 'The error of a refused statement quotes the statement.',
    // behind the ports
    caughtBy: 'test/edge/statements.test.ts',
    patches: [
      {
        file: 'lambda/edge/statements.ts',
        find: '  return { name, text: new Credentials(text), ...more };',
        replace: '  return { name: text, text: new Credentials(text), ...more };',
      },
    ],
  },
  {
    name: 'driver-error-forwarded',
    modes: [35],
    what: "The server's own text, which quotes the statement, is passed on beside its number.",
    // behind the ports
    caughtBy: 'test/edge/singlestore.test.ts',
    patches: [
      {
        file: 'lambda/edge/session.ts',
        find: "sqlState: sqlState ?? '', says",
        replace: "sqlState: `${sqlState ?? ''} ${message}`, says",
      },
    ],
  },
  {
    name: 'password-to-anybody',
    modes: [35],
    what: 'Certificates are not verified, so the password goes to whoever answers.',
    // real sockets
    caughtBy: 'test/edge/tls.test.ts',
    patches: [{ file: 'lambda/edge/tls.ts', find: 'rejectUnauthorized: true', replace: 'rejectUnauthorized: false' }],
  },
  {
    name: 'aws-error-forwarded',
    modes: [35],
    what: "AWS's own text, which may echo what was sent, is put into the message.",
    // behind the ports
    caughtBy: 'test/edge/secretsManager.test.ts',
    patches: [
      {
        file: 'lambda/edge/aws.ts',
        find: '${outcome}. ${advice}`);',
        replace: '${outcome} (${String(error)}). ${advice}`);',
      },
    ],
  },
  {
    name: 'grammar-not-asked',
    modes: [35, 11],
    what: 'ALTER LINK is sent to a server that does not know it, which may quote what it cannot parse.',
    patches: [
      {
        file: 'lambda/steps/access.ts',
        find: 'if (grammar === null) blockers.push(grammarUnknown(cluster.id));\n      else grammars.set(database, grammar);',
        replace: "if (grammar === null) void grammarUnknown;\n      grammars.set(database, 'alter');",
      },
    ],
  },
  {
    name: 'nobody-knows-who-holds-which-key',
    modes: [36],
    what: 'The journal names versions alone, so a key that a link holds cannot be told from a free one.',
    patches: [
      {
        file: 'lambda/steps/change.ts',
        find: 'return { version, ...(keyId === undefined ? {} : { keyId }) };',
        replace: "return { version, ...(keyId === '' ? { keyId } : {}) };",
      },
    ],
  },
];
