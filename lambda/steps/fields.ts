import type { RotationDefinition } from '../core/definition';
import { RotationError } from '../core/errors';
import { readConfig } from '../core/secret';
import type { LinkRow } from '../ports';

/** Keys that `fields` asks for and the next value will not have. */
export function missingFields({ fields }: RotationDefinition, available: readonly string[]): readonly RotationError[] {
  const asked = new Set([...Object.values(fields.credentials), ...Object.values(fields.config)]);
  const missing = [...asked].filter((key) => !available.includes(key));
  if (missing.length === 0) return [];
  const named = missing.map((key) => JSON.stringify(key)).join(', ');
  return [
    new RotationError(
      'SECRET_SHAPE',
      `the secret has no key ${named}, which "fields" asks for. Nothing was changed. Store it in the secret, or correct "fields" in ROTATIONS.`,
    ),
  ];
}

/** Whether keys can be merged into a link's CONFIG; nothing to say while `fields.config` is empty. */
export function unreadableConfig({ fields }: RotationDefinition, { link, config }: LinkRow): readonly RotationError[] {
  if (Object.keys(fields.config).length === 0) return [];
  try {
    readConfig(config);
    return [];
  } catch {
    return [
      new RotationError(
        'SECRET_SHAPE',
        `CONFIG of link ${link} is no JSON object in the catalogue, so nothing can be merged into it. Nothing was changed. Set it to one with ALTER LINK … SET CONFIG.`,
      ),
    ];
  }
}
