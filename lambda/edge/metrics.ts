import type { Metrics } from '../ports';
import { writeLine } from './log';

/** CloudWatch takes at most this many values of a metric from one line. */
const valuesPerLine = 100;

/**
 * Metrics as lines in CloudWatch's embedded metric format, on standard output like the log: no API call, no permission,
 * no route out of a VPC. Their one dimension tells the functions of an account apart.
 *
 * @param now epoch milliseconds
 * @param functionName without one, as outside Lambda, the metrics have no dimension
 */
export function openMetrics(now: () => number, functionName: string | undefined, write = writeLine): Metrics {
  const dimensions = functionName === undefined ? {} : { FunctionName: functionName };
  return {
    put(name, values, unit) {
      const all = typeof values === 'number' ? [values] : values;
      for (let from = 0; from < all.length; from += valuesPerLine) {
        const directive = {
          Namespace: 'SingleStoreLinkRotation',
          Dimensions: [Object.keys(dimensions)],
          Metrics: [{ Name: name, Unit: unit }],
        };
        write(
          JSON.stringify({
            _aws: { Timestamp: now(), CloudWatchMetrics: [directive] },
            ...dimensions,
            [name]: all.slice(from, from + valuesPerLine),
          }),
        );
      }
    },
  };
}
