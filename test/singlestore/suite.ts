import { Bench } from './bench';
import { whyNoSource } from './source';
import { openWitness } from './witness';

if (process.env['SINGLESTORE_URL'] !== undefined) jest.setTimeout(300_000); // databases and batches take their time

/** Opens a bench before the claims of a file and takes it away after them, however they end. */
export function useBench(): () => Bench {
  let bench: Bench | undefined;
  beforeAll(async () => {
    bench = await Bench.open(await openWitness());
  });
  afterAll(async () => {
    await bench?.close();
  });
  return () => bench!;
}

/** Claims that need what is not always there: without it, the reason is printed in their place. */
export function describeUnless(reason: string | undefined, name: string, claims: () => void): void {
  if (reason === undefined) describe(name, claims);
  else process.stderr.write(`Not checked, "${name}": ${reason}.\n`);
}

/** Claims about loading, made where there is something to load from. */
export function describeLoading(name: string, claims: () => void): void {
  describeUnless(whyNoSource(process.env), name, claims);
}
