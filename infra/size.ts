/** A token stands for a name or an ARN that is known only when deployed: hardly longer than this. */
const tokenLength = 250;
/** But for the stack's own partition, Region and account. */
const placeLength = 14;

/** How long the JSON of a value is once it is deployed, at most. Bytes, of which letters of other scripts have several. */
export function deployedSize(value: unknown): number {
  const json = JSON.stringify(value)
    .replaceAll(/\$\{Token\[AWS\.(?:Partition|Region|AccountId)\.\d+\]\}/g, 'x'.repeat(placeLength))
    .replaceAll(/\$\{Token\[[^\]]*\]\}/g, 'x'.repeat(tokenLength));
  return Buffer.byteLength(json);
}
