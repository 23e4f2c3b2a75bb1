import type { Metrics } from '../ports';
import { writeLine } from './log';

/** CloudWatch takes at most this many values of a metric from one line. */
const valuesPerLine = 100;

/**
 * Metrics as lines in CloudWatch's embedded metric format, on standard output like the log: no API call, no permission,
 * no route out of a VPC. Without dimensions: one function, one figure.
 *
 * @param now epoch milliseconds
 */
export function openMetrics(now: () => number, write = writeLine): Metrics {
  return {
    put(name, values, unit) {
      const all = typeof values === 'number' ? [values] : values;
      for (let from = 0; from < all.length; from += valuesPerLine) {
        const directive = {
          Namespace: 'SingleStoreLinkRotation',
          Dimensions: [[]],
          Metrics: [{ Name: name, Unit: unit }],
        };
        write(
          JSON.stringify({
            _aws: { Timestamp: now(), CloudWatchMetrics: [directive] },
            [name]: all.slice(from, from + valuesPerLine),
          }),
        );
      }
    },
  };
}
