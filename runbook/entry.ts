/** One thing that an operator meets, and what to do about it. Markdown. */
export interface Entry {
  /** What failed, in a sentence. */
  readonly failed: string;
  /** The step, and how far it had come. */
  readonly where: string;
  /** The state that was left behind. */
  readonly left: string;
  /** What happens next without a person. */
  readonly next: string;
  /** What a person can do. */
  readonly person: string;
  /** The commands for that, one a line; a line that begins with `#` says what the next is for. */
  readonly run?: readonly string[];
}

/** Words that are used again and again, so that they say the same everywhere. */
export const phrase = {
  nothing: 'Nothing was changed, nothing is paused.',
  nothingHere: 'This call changed nothing.',
  resumed:
    'All that was stopped was started again, and the link holds what it held. Links that were moved before stay on the new credentials, which work beside the old ones.',
  retry: 'Secrets Manager calls the whole rotation again with the same version, while the rotation window is open.',
  watchdog: 'The watchdog tries again every minute.',
  back: 'The watchdog moves links that hold the version back to AWSCURRENT.',
} as const;
