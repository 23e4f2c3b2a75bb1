import type { MemoryWorld } from '../support/world';

/**
 * The world as the product can come to see it, without the things that differ from run to run and that nothing is decided by:
 * ids are numbered in the order they appear, fences and connection ids are left out, and of moments only whether they have come.
 *
 * @returns `null` while something is under way that may still take effect.
 */
export function fingerprint(world: MemoryWorld): string | null {
  if (!world.isQuiet) return null;
  const now = world.clock.now();
  const names = new Map<string, number>();
  const parts: string[] = [];
  for (const { kind, key, json } of world.table.rows())
    if (kind !== 'history' && kind !== 'notice') parts.push(kind, key, json);
  for (const secret of world.secrets.all()) {
    parts.push(`${secret.arn} ${secret.deleted ? 'deleted' : ''} ${secret.rotationEnabled ? '' : 'off'}`);
    for (const [version, { labels, value }] of secret.versions)
      if (labels.size > 0) parts.push(version, [...labels].sort().join(), value ?? 'none');
  }
  for (const key of world.keys.all) {
    if (key.deleted) continue;
    const verdict = world.keys.wouldJudge(key.keyId, key.secret, 'bucket', now);
    parts.push(
      `${key.userName} ${key.keyId} ${key.active ? 'active' : 'inactive'} ${verdict} ${now - key.createdAt > 60_000 ? 'old' : 'young'} ${key.lastUsed === null ? 'unused' : 'used'}`,
    );
  }
  for (const server of world.servers.values()) {
    parts.push(`${server.id} ${server.down ? 'down' : 'up'} ${server.processList().length > 0 ? 'connected' : ''}`);
    for (const { name, credentials, config } of server.links.values()) parts.push(name, credentials, config);
    for (const { name, state, link, identity } of server.pipelines.values())
      parts.push(`${name} ${state} ${link ?? ''} ${identity.id} ${identity.createdAt ?? ''}`);
    for (const { pipeline, code } of server.errors) parts.push(`${pipeline} ${code}`);
  }
  return parts
    .join('\n')
    .replaceAll(/"(fence|batchesAfter|errorsAfter|ended|connections)":(\[[^\]]*\]|[\d.]+)/g, '')
    .replaceAll(/\b1[67]\d{11}\b/g, (moment) => (Number(moment) > now ? 'future' : 'past'))
    .replaceAll(/00000000-0000-4000-8000-\d{12}|AKIAEXAMPLE\d{9}|cAnArY\/\d{4}/g, (name) => {
      const number = names.get(name) ?? names.size;
      names.set(name, number);
      return `#${number}`;
    });
}
