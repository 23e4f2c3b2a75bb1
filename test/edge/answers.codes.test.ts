import { openAccessKeys } from '../../lambda/edge/accessKeys';
import { openSecrets } from '../../lambda/edge/secretsManager';
import { answering, aws, closeOutside, oddServer, printed } from './outside';

afterEach(closeOutside);

/* Answers of AWS that no claim about their ports comes to. */

const json = (body: object) =>
  oddServer((_, response) => {
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body));
  });

test('a key without id or date is no key to decide on, and nothing was changed', async () => {
  await answering(
    200,
    '<ListAccessKeysResponse><ListAccessKeysResult><AccessKeyMetadata><member><Status>Active</Status></member></AccessKeyMetadata></ListAccessKeysResult></ListAccessKeysResponse>',
  );
  expect(await printed(openAccessKeys().list('ingest'))).toMatch(
    /AWS_REFUSED: ListAccessKeys of ingest named a key without id or date\. Nothing was changed/,
  );
});

test('a value without version id or date is no value to decide on, and nothing was changed', async () => {
  await json({ SecretString: '{"aws_secret_access_key":"CANARY"}' });
  const shown = await printed(openSecrets().read('lake', { label: 'AWSCURRENT' }));
  expect(shown).toMatch(
    /AWS_REFUSED: GetSecretValue of lake, AWSCURRENT, came without its version id or date\. Nothing/,
  );
  expect(shown).not.toContain('CANARY');
});

test('a rotation that AWS does not let us start is tried again, and the message says who does', async () => {
  const { secrets } = await aws({
    onRequest: ({ action }) => (action === 'RotateSecret' ? { status: 400, code: 'AccessDeniedException' } : 'ok'),
  });
  secrets.createSecret({ Name: 'lake', SecretString: 'x' });
  expect(await printed(openSecrets().rotate('lake'))).toMatch(
    /AWS_REFUSED: RotateSecret of lake was refused by AWS: AccessDeniedException\. The next look, within five minutes, tries again/,
  );
});
