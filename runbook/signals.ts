/** Lines of the log at WARN and ERROR, by their `action`. */
export const logLines: Readonly<Record<string, string>> = {
  failed: 'An invocation failed: `code` and `message`. See [the code](#error-codes).',
  'recover-failed': 'A part of the watchdog’s work failed: `what`, `code`, `message`. It is tried again in a minute.',
  'pipelines-left-paused':
    'Pipelines that a dead rotation paused do not run yet: `pipelines`, since `seconds`. See [there](#a-pipeline-is-left-paused).',
  'resuming-after-a-dead-run': 'A dead run left a pause open; it is being ended now.',
  'late-stop-undone': 'A STOP of ours came into effect late; the pipeline was started again.',
  'pipelines-in-error': 'Pipelines that ran are in Error after their pause. testSecret finds out whether that is ours.',
  'pipelines-gone': 'Pipelines of the pause were dropped by somebody meanwhile.',
  'pipelines-remade':
    'Pipelines of the pause were dropped and made again under the same name: with `ours`, our STOP may have met the new ones, so they are started; without, they are left as they are.',
  'pipelines-unproven':
    'Pipelines had nothing to load after the switch. They are watched until the old key retires; a refusal then keeps the old key.',
  'unproven-refused':
    'The source refuses the new credentials to pipelines that had nothing to load at the switch. The old key is kept. See [roll back by hand](#roll-back-by-hand).',
  settling: 'A link goes back to AWSCURRENT; `reason` and `note` say why.',
  'cannot-settle':
    'A link should go back to AWSCURRENT, and there is nothing to go back to. Store working credentials in the secret and rotate.',
  'left-in-error':
    'The source refuses what a link was given, and `ROTATIONS` names the link no more. Name it again and deploy, or change it by hand.',
  'rolling-back': 'Links are being moved back to AWSCURRENT.',
  'current-does-not-work':
    'The credentials of AWSCURRENT are refused by their maker, so nothing is rolled back to them.',
  'version-given-up': 'A pending version was given up. See [VERSION_GIVEN_UP](#version_given_up).',
  'old-key-held': 'An old key is due, and `links` may hold it by their records; none named: a link has no record.',
  'old-key-labelled':
    'An old key is due, and `labels` name it: moved back to it by somebody, or of another secret whose keys come from the same maker. *Perhaps a label* of one that cannot be read.',
  'old-key-still-used': 'An old key is due, and was used since the switch: `service`, `region`, `lastUsed`.',
  'old-key-revived':
    'A key that we had set Inactive is Active again; `because` says what was found behind that: a label or a link that names it, a use (`old-key-still-used`), a refusal of the new one (`unproven-refused`), or another run (`superseded`).',
  'old-key-not-found': 'An old key is gone already, or belongs to another user.',
  'key-left': 'A key was not deleted, because it was not made by this function.',
  'link-gone': 'A link with a record is not there any more; the record was taken away.',
  'place-not-tried':
    'A bucket gave no verdict on the new key, or denies listing to the old one, too; it does not count.',
  'connections-not-ended': 'Connections of a predecessor do not end; the journal remembers them.',
  'history-not-kept':
    'What is remembered for people of a rotation could not be written. The rotation goes on without it.',
  'notice-not-taken':
    'The topic has not taken a message to people: `subject`, `why`. The watchdog sends it again, after half a minute first, then less and less often, until the topic takes it.',
  'lease-not-released': 'A lease could not be given back; it runs out within 30 s.',
  'tls-off': 'A connection secret has TLS turned off. Passwords and credentials cross the network in the clear.',
};

/** Metrics in the namespace `SingleStoreLinkRotation`, with the dimension `FunctionName`. */
export const metrics: Readonly<Record<string, string>> = {
  RotationSucceeded: 'Versions promoted.',
  RotationFailed: 'Steps that failed.',
  VersionGivenUp: 'Pending versions given up.',
  PipelinesPaused: 'Pipelines paused, by link.',
  PipelinePauseMilliseconds:
    'One value a pipeline: from the sending of STOP to the answer to START; of a pause that a dead run began, from the opening of its bracket.',
  PipelinesLeftPaused: 'Pipelines of pauses that dead runs left, each minute. Must be 0.',
  OldestPauseAgeSeconds: 'Age of the oldest such pause, each minute. Must be 0.',
  OldestCredentialAgeHours: 'Age of the oldest credentials that a link holds, each minute.',
  OldKeyStillUsed: '1 while an old key is due and something speaks against ending it.',
  RecoverFailed: 'Runs of the watchdog in which something could not be done, and links that need a person.',
  Heartbeat: '1 for each run of the watchdog that came to its end.',
};
