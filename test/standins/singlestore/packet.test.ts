import { asksForTls, decodeCommand, decodeLogin } from './commands';
import { makeScramble, provesPassword } from './auth';
import { encodeGreeting, encodeReply } from './encode';
import { frame, LARGEST_FRAME, lengthEncoded, PacketFault, PacketReader } from './packet';
import { errorReply, ok } from './reply';

const hex = (buffer: Buffer) => buffer.toString('hex');
const bytes = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');

describe('frames', () => {
  test('a payload is preceded by its length and sequence id', () => {
    expect(hex(Buffer.concat(frame(Buffer.from('abc'), 7)))).toBe('03000007616263');
  });

  test('a payload of exactly 16 MiB less one is followed by an empty frame', () => {
    const frames = frame(Buffer.alloc(LARGEST_FRAME), 255);
    expect(frames.map((part) => part.length)).toEqual([4, LARGEST_FRAME, 4, 0]);
    expect(hex(frames[0]!)).toBe('ffffffff');
    expect(hex(frames[2]!)).toBe('00000000'); // the id wraps around
  });

  test('whatever pieces they arrive in, the same packets come out', () => {
    const large = Buffer.alloc(LARGEST_FRAME + 5, 0x61);
    const stream = Buffer.concat([
      ...frame(Buffer.from('one'), 0),
      ...frame(large, 0),
      ...frame(Buffer.from('two'), 3),
    ]);
    for (const size of [1 << 20, 65_537, stream.length]) {
      const reader = new PacketReader(1 << 30);
      const packets = [];
      for (let at = 0; at < stream.length; at += size) packets.push(...reader.push(stream.subarray(at, at + size)));
      expect(packets.map(({ payload, first, last }) => [payload.length, first, last])).toEqual([
        [3, 0, 0],
        [large.length, 0, 1],
        [3, 3, 3],
      ]);
    }
    const reader = new PacketReader(100);
    const small = Buffer.concat([...frame(Buffer.from('one'), 0), ...frame(Buffer.from('four'), 0)]);
    expect([...small].flatMap((byte) => reader.push(Buffer.of(byte))).map(({ payload }) => String(payload))).toEqual([
      'one',
      'four',
    ]);
  });

  test('a packet above the limit is refused before it is read', () => {
    expect(() => new PacketReader(2).push(bytes('030000 00'))).toThrow(PacketFault);
  });

  test.each([
    [250, 'fa'],
    [251, 'fcfb00'],
    [65_535, 'fcffff'],
    [65_536, 'fd000001'],
    [16_777_216, 'fe0000000100000000'],
  ])('the length %d is written %s', (length, encoded) => {
    expect(hex(lengthEncoded(length))).toBe(encoded);
  });
});

describe('replies', () => {
  test('OK', () => {
    expect(encodeReply(ok).map(hex)).toEqual(['00000002000000']);
  });

  test('ERR carries its number and SQLSTATE', () => {
    expect(encodeReply(errorReply(1064, '42000', 'no')).map(hex)).toEqual(['ff2804' + '233432303030' + '6e6f']);
  });

  test('a result set ends both its parts with EOF', () => {
    const packets = encodeReply({ type: 'rows', columns: [{ name: 'n', type: 'integer' }], rows: [[42], [null]] });
    expect(packets.map(hex)).toEqual([
      '01',
      '03646566' + '000000' + '016e' + '016e' + '0c' + '3f00' + '14000000' + '08' + '0000' + '00' + '0000',
      'fe00000200',
      '023432',
      'fb',
      'fe00000200',
    ]);
  });

  test('the greeting names 5.7.32 and mysql_native_password, and no flag that SingleStore does not have', () => {
    const scramble = Buffer.from('abcdefghijklmnopqrst');
    expect(hex(encodeGreeting(258, scramble, true))).toBe(
      '0a' +
        hex(Buffer.from('5.7.32\0')) +
        '02010000' +
        hex(Buffer.from('abcdefgh')) +
        '00' +
        '0daa' +
        '2d' +
        '0200' +
        '0800' +
        '15' +
        '00'.repeat(10) +
        hex(Buffer.from('ijklmnopqrst\0mysql_native_password\0')),
    );
  });
});

describe('what clients send', () => {
  const head = (flags: string) => bytes(`${flags} 00000001 2d ${'00'.repeat(23)}`);

  test('a login with a length-encoded token, a database and a plug-in', () => {
    const payload = Buffer.concat([head('0882 2a00'), Buffer.from('ann\0\x03tokdb\0mysql_native_password\0')]);
    expect(decodeLogin(payload)).toEqual({
      user: 'ann',
      token: Buffer.from('tok'),
      database: 'db',
      plugin: 'mysql_native_password',
    });
  });

  test('a login of an older client', () => {
    const login = decodeLogin(Buffer.concat([head('0082 0000'), Buffer.from('ann\0\x00')]));
    expect(login).toEqual({ user: 'ann', token: Buffer.alloc(0), database: undefined, plugin: undefined });
  });

  test('a login cut short is malformed', () => {
    expect(() => decodeLogin(Buffer.concat([head('0882 2a00'), Buffer.from('ann\0\x20tok')]))).toThrow(PacketFault);
    expect(() => decodeLogin(bytes('0082'))).toThrow(PacketFault);
  });

  test('32 bytes with the SSL flag ask for TLS', () => {
    expect(asksForTls(head('008a 0000'))).toBe(true);
    expect(asksForTls(head('0082 0000'))).toBe(false);
  });

  test('COM_INIT_DB and COM_PROCESS_KILL are the statements that mean the same', () => {
    expect(decodeCommand(bytes('02 6460'))).toEqual({ type: 'query', sql: 'USE `d```' });
    expect(decodeCommand(bytes('0c 05010000'))).toEqual({ type: 'query', sql: 'KILL 261' });
    expect(decodeCommand(bytes('fe'))).toEqual({ type: 'unknown', code: 254 });
    expect(() => decodeCommand(bytes(''))).toThrow(PacketFault);
  });
});

describe('mysql_native_password', () => {
  test('a known token proves its password and no other', () => {
    const scramble = Buffer.from('abcdefghijklmnopqrst');
    const token = bytes('8817c50fa779daef010ee7577825b0847df9842e');
    expect(provesPassword(token, 'secret', scramble)).toBe(true);
    expect(provesPassword(token, 'Secret', scramble)).toBe(false);
    expect(provesPassword(token, 'secret', Buffer.from('Abcdefghijklmnopqrst'))).toBe(false);
    expect(provesPassword(token.subarray(1), 'secret', scramble)).toBe(false);
    expect(provesPassword(Buffer.alloc(0), 'secret', scramble)).toBe(false);
    expect(provesPassword(Buffer.alloc(0), '', scramble)).toBe(true);
    expect(provesPassword(token, '', scramble)).toBe(false);
  });

  test('a scramble has 20 bytes, and none is NUL', () => {
    for (let i = 0; i < 200; i++) expect([...makeScramble()].filter((byte) => byte > 0 && byte < 128)).toHaveLength(20);
  });
});
