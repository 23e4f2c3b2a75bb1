/** What the shell is told. */
export const exits = {
  fine: 0,
  attention: 1,
  usage: 2,
  unanswered: 3,
} as const;
export type Exit = (typeof exits)[keyof typeof exits];

export const exitCodes = `Exit codes:
  0  all is well
  1  it answered, and something needs attention: a rotation is blocked, stuck or failed,
     secret and links disagree, something could not be looked at or repaired, a key was
     not retired
  2  wrong usage
  3  no answer: the function could not be reached, or ended with an error`;

/** Ends the command with a sentence for people, and no stack. */
export class Failure extends Error {
  constructor(
    message: string,
    readonly exit: Exit = exits.unanswered,
  ) {
    super(message);
  }
}
