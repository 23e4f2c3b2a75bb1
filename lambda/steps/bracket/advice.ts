import type { ErrorCode } from '../../core/errors';

/** What a person can do when a pause ends without its change, again and again. */
export const advice: Partial<Readonly<Record<ErrorCode, string>>> = {
  LABEL_MOVED: 'Put the labels right, if somebody moved them by mistake.',
  PIPELINE_BUSY: 'Let that session end.',
  DRAIN_EXCEEDED: 'If it goes on so, raise limits.drainSeconds, or rotate at an hour with shorter batches.',
  STOP_UNANSWERED: 'If it goes on so, look why connections to the cluster break.',
  STOP_REFUSED: 'Allow it: START PIPELINE is the right to stop, too.',
  NEWCOMERS: 'Find out who starts them, and let that rest during a rotation.',
  ALTER_REFUSED: 'Ask for the plan: it says what is missing, and what may run on the link unseen.',
  ALTER_UNANSWERED: 'If it goes on so, look why connections to the cluster break, or do not end.',
};
