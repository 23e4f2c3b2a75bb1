import type { StatementRecord } from '../standins/singlestore';
import type { DeployedStack } from './deployed';
import { openSockets, type Sockets, type SocketsOptions } from './sockets';

let opened: Sockets[] = [];
/** @param deployed whose variables, journal and time-out everything runs with, and whose role decides. @default everything is allowed */
export const opener =
  (deployed?: DeployedStack) =>
  async (options?: SocketsOptions): Promise<Sockets> => {
    const sockets = await openSockets({ ...(deployed === undefined ? {} : { deployed }), ...options });
    opened.push(sockets);
    return sockets;
  };
/** Whatever a test is about, no secret gets out. */
export async function closeAll(): Promise<void> {
  const closing = opened;
  opened = [];
  const leaks = await Promise.all(closing.map((sockets) => sockets.leaks()));
  await Promise.all(closing.map((sockets) => sockets.stop()));
  expect(leaks.flat()).toEqual([]);
}

/** A step that failed, and what its error says. */
export const failure = (code: string, says = /./) => ({
  ok: false,
  error: {
    errorType: 'RotationError',
    errorMessage: expect.stringMatching(new RegExp(`^${code}: [^]*${says.source}`)) as string,
  },
});

/** A statement that changes something at the server. */
export const hasEffect = ({ kind, outcome }: StatementRecord) =>
  outcome === 'ok' && !/^(select|use|show-.*)$/.test(kind);
