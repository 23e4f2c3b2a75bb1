import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

const sha1 = (...parts: Buffer[]): Buffer => {
  const hash = createHash('sha1');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

/** 20 random bytes for one login; no NUL among them, since clients read them as text that ends with one. */
export function makeScramble(): Buffer {
  return randomBytes(20).map((byte) => (byte % 127) + 1) as Buffer;
}

/**
 * mysql_native_password: the client sends SHA1(password) XOR SHA1(scramble + SHA1(SHA1(password))), and nothing for an
 * empty password.
 */
export function provesPassword(token: Buffer, password: string, scramble: Buffer): boolean {
  if (password === '' || token.length === 0) return password === '' && token.length === 0;
  if (token.length !== 20) return false;
  const stored = sha1(sha1(Buffer.from(password)));
  const mask = sha1(scramble, stored);
  return timingSafeEqual(sha1(Buffer.from(token.map((byte, i) => byte ^ mask[i]!))), stored);
}
