import type { Log, LogFields } from '../ports';

const levels = ['INFO', 'WARN', 'ERROR'] as const;
type Level = (typeof levels)[number];

/** Writes a line, its end included, to standard output. */
export const writeLine = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

/**
 * The log: one JSON line for each action.
 *
 * @param level INFO, WARN or ERROR, in any case of letters; anything else means INFO, so that a typing error hides nothing
 * @param now epoch milliseconds
 */
export function openLog(level: string | undefined, now: () => number, write = writeLine): Log {
  const lowest = levels.findIndex((known) => known === level?.toUpperCase());
  const at =
    (own: Level) =>
    (action: string, fields?: LogFields): void => {
      if (levels.indexOf(own) < lowest) return;
      write(JSON.stringify({ level: own, action, time: new Date(now()).toISOString(), ...fields }));
    };
  return { info: at('INFO'), warn: at('WARN'), error: at('ERROR') };
}

/** The same log with the invocation's id in each line: its address in the console finds them by it. */
export function ofRequest(log: Log, requestId: string | undefined): Log {
  if (requestId === undefined) return log;
  const named = (fields?: LogFields): LogFields => ({ ...fields, requestId });
  return {
    info: (action, fields) => {
      log.info(action, named(fields));
    },
    warn: (action, fields) => {
      log.warn(action, named(fields));
    },
    error: (action, fields) => {
      log.error(action, named(fields));
    },
  };
}

/** Consoles of partitions that are not the commercial one, by how their Regions begin. */
const consoles: Readonly<Record<string, string>> = {
  'cn-': 'console.amazonaws.cn',
  'us-gov-': 'console.amazonaws-us-gov.com',
};

/** Where a person reads the log of one invocation: its stream in the console, searched for its id. @returns `null` outside Lambda */
export function logAddress(env: NodeJS.ProcessEnv, requestId: string | undefined): string | null {
  const { AWS_REGION: region, AWS_LAMBDA_LOG_GROUP_NAME: logGroup, AWS_LAMBDA_LOG_STREAM_NAME: stream } = env;
  if (region === undefined || logGroup === undefined || stream === undefined || requestId === undefined) return null;
  const [, host = `console.aws.amazon.com`] =
    Object.entries(consoles).find(([beginning]) => region.startsWith(beginning)) ?? [];
  const place = `log-group/${hashed(logGroup)}/log-events/${hashed(stream)}`;
  const search = `$3FfilterPattern$3D${hashed(`"${requestId}"`)}`;
  return `https://${region}.${host}/cloudwatch/home?region=${region}#logsV2:log-groups/${place}${search}`;
}

/** The console reads what stands behind the hash sign encoded twice, with $ for %. */
const hashed = (text: string): string => encodeURIComponent(encodeURIComponent(text)).replaceAll('%', '$');
