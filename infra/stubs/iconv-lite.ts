/**
 * Stands in for iconv-lite in the bundle. mysql2 turns to it for character sets that Buffer does not know, with tables
 * that are a third of the bundle. Connections here are utf8mb4; of the other names only `cesu8` arrives, mysql2's name for
 * the character set utf8 (utf8mb3), which ends at U+FFFF: up to there CESU-8 and UTF-8 are the same bytes.
 *
 * mysql2 hands over whole values, so nothing is kept from one call to the next.
 */
function bufferEncoding(encoding: string): BufferEncoding {
  switch (encoding.toLowerCase()) {
    case 'utf8':
    case 'utf8mb4':
    case 'cesu8':
      return 'utf8';
    case 'latin1':
    case 'ascii':
    case 'binary':
      return 'latin1';
    default:
      throw new Error(`The character set ${encoding} is not part of this bundle; use utf8mb4`);
  }
}

/** @throws for a character set that is neither UTF-8 nor single-byte Latin: a wrong guess would corrupt the value. */
export function getDecoder(encoding: string): { write(bytes: Buffer): string; end(): undefined } {
  const known = bufferEncoding(encoding);
  return { write: (bytes) => bytes.toString(known), end: () => undefined };
}

/** @throws as {@link getDecoder} does. */
export function getEncoder(encoding: string): { write(text: string): Buffer; end(): undefined } {
  const known = bufferEncoding(encoding);
  return { write: (text) => Buffer.from(text, known), end: () => undefined };
}
