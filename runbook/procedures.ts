import * as run from './commands';

/** A thing that a person does, step by step. */
export interface Procedure {
  readonly title: string;
  /** Markdown. */
  readonly text: string;
}

const block = (language: 'sh' | 'sql', ...lines: readonly string[]): string =>
  `\`\`\`${language}\n${lines.join('\n')}\n\`\`\``;
const sh = (...lines: readonly string[]): string => block('sh', ...lines);
const sql = (...lines: readonly string[]): string => block('sql', ...lines);

export const procedures: readonly Procedure[] = [
  {
    title: 'A key has leaked',
    text: `
A leaked key must end, and no link may need it when it does. So: first rotate, then end it, without waiting out \`retireAfterHours\`.

1. Which key is it, and is it in use? \`status\` shows each key of the user, its age, its last use and its fate.

   ${sh(run.status)}

2. **It is an older key** (AWSPREVIOUS, or due to retire): go to step 4. **It is AWSCURRENT's**, or a link holds it: rotate, and follow the rotation to its end.
   Both keys work until then. Should KEY_QUOTA stop it, because the key before is still waiting for its day, retire that one first (step 4), and rotate then.

   ${sh(run.follow, '# or, without the tool', run.rotate)}

3. Look that every link holds the new version and every pipeline loads.

4. Retire it now. The evidence is the same as ever: no link may hold it, no label stands on it, and nobody has used it since the switch. It is set Inactive,
   and the next rotation deletes it.

   ${sh(run.retire, '# or, without the tool', run.invoke({ action: 'retire', secretId: 'SECRET', now: true }))}

5. **It says that the key is still used.** If that is nobody of yours, it is the thief. When \`status\` says that no link holds the key, end it by hand;
   making it Active again undoes it. IAM's report of the last use lags by up to hours.

   ${sh(run.keyLastUsed, run.deactivateKey)}

6. What was done with it: \`aws cloudtrail lookup-events --lookup-attributes AttributeKey=AccessKeyId,AttributeValue=KEY\`, and the data events or access
   logs of the buckets.

**It cannot wait for a rotation**, which takes minutes: set it Inactive at once (the command of step 5), then rotate. From that moment its pipelines load nothing: they come to
Error. The rotation gives the links a new key, with nothing to go back to, and starts no pipeline that it did not stop (unless \`restartAfterCredentialError\` is on); start those by hand.

${sql(run.states, run.start)}

**A mirrored secret**: whoever makes the credentials ends them. Store the next value there; the rotation follows by itself, within five minutes at the latest.
**The password in a connection secret**: change it at the cluster, store it in the connection secret; the next call reads it.`,
  },
  {
    title: 'A pipeline is left paused',
    text: `
The journal knows every pipeline that was stopped, and the watchdog starts it within a minute of the dead run's lease (30 s) running out. If it does not:

1. Ask what is left, and why. \`status\` names what is paused and whether the lease still runs; while it does, nobody touches the pause, and \`leftPaused\` of a
   recovery is empty. After that \`leftPaused\` names the pipelines that could not be started, \`failures\` the reasons, with their [codes](#error-codes).

   ${sh(run.status, run.recover, '# or, without the tool', run.invoke({ action: 'status' }), run.invoke({ action: 'recover' }))}

2. Start them by hand, as a user who may. It is safe: the watchdog then sees them running and closes the pause.

   ${sql(run.start)}

   Not while a rotation is at work (\`status\` says that the pause is held): it is about to start them, and ALTER LINK is refused while they run.

3. **START is refused**: the server says why. A missing right: \`\` ${run.grants} \`\`

4. **The cluster has another address now**: pauses are ended at the address that the journal recorded. Let the old name answer once more, or start them by hand at
   the new one, and [take the link out of the journal](#the-links-have-moved).

5. **The function does not run**: read the names from the journal. \`members\` of an item are the pipelines of a pause; it is open where the item of its link says
   \`"phase":"open"\`.

   ${sh(run.linksInJournal, run.pausedByJournal)}

A pipeline that is Stopped and that the journal does not name was stopped by somebody else: this function starts nothing that it did not stop.`,
  },
  {
    title: 'Roll back by hand',
    text: `
**The rotation is not done** (the new version carries AWSPENDING): take the label away. The watchdog moves the links back to AWSCURRENT, each in a pause as short as the first; the
next rotation deletes the key that is left over.

${sh(run.removePending)}

**The version was promoted** (it is AWSCURRENT, \`NEW\`), and the one before (\`OLD\`, AWSPREVIOUS) shall come back:

${sh(
  '# 1. the old key must work: Active, if it was retired already',
  run.activateKey,
  '# 2. a promoted version may carry AWSPENDING still: without it no retry promotes it again',
  run.removePendingOfNew,
  '# 3. AWSCURRENT back to the old version; NEW gets AWSPREVIOUS by that',
  run.moveCurrentBack,
  '# 4. NEW loses its last label: that tells the watchdog to move its links back',
  run.removePrevious,
  '# 5. within two minutes each link is back; then look',
  run.wouldRecover,
  run.status,
)}

Before step 4 nothing happens to the links: both keys work, and nobody can know what you want. The old key is not retired while AWSCURRENT stands on it.
A key that was deleted cannot come back: then rotate instead. Of a mirrored secret there is no way back but its own: store the old value there.`,
  },
  {
    title: 'The function is gone',
    text: `
Deleted, or unable to run. Links keep what they hold, and it works. Nothing is rotated or retired, and **what was paused at that moment stays paused**. The journal
is kept when the stack is deleted (it has deletion protection), and so are the secrets and the keys.

1. Start what was paused: the table \`TABLE\` still names it. See [there](#a-pipeline-is-left-paused), step 5.

   ${sh(run.linksInJournal, run.pausedByJournal)}

2. Delete no key of the IAM user until you know what each link holds: \`holds\` in the items of the links names versions and key ids.

   ${sh(run.versions, run.listKeys)}

3. Deploy again, with the same secret. A new stack has a new, empty journal, so it takes every link for one that may hold any key, and touches no key that is there: the
   rotation needs a free slot, or KEY_QUOTA says which keys are in the way. Delete the one that no link holds, by what step 2 says.

   ${sh('npm run deploy -- -c secretId=SECRET …', run.plan, run.deleteKey, run.rotate)}

4. **Change a link by hand**, if it cannot wait: stop the pipelines that run on it, alter it, start the same ones. Type the statement where no history keeps it.

   ${sql('STOP PIPELINE IF RUNNING `database`.`pipeline`;', run.alterLink, run.start)}`,
  },
  {
    title: 'The secret was deleted',
    text: `
Links keep what they hold, and it works. What a dead run had paused is resumed all the same.

**It is scheduled for deletion** (for seven days at least it can be restored): restore it, and turn rotation on again, which rotates.

${sh(run.restore, run.rotate)}

**It is gone for good**: nobody knows the key in the links any more, though it works. Make a secret and rotate: that is a first rotation, with nothing to go back to. It needs a free
slot of the IAM user.

${sh(
  run.listKeys,
  '# a slot is free, or a key is not the one in the links (its last use tells)',
  run.keyLastUsed,
  run.deleteKey,
  '# the stack makes the secret, empty, and rotates it at the next date or when told',
  'npm run deploy -- -c secretName=NAME -c connectionSecretId=… -c userName=USER -c links=…',
  run.rotate,
)}

The key that the links had is not known to the new journal: delete it by hand, once every link holds the new version.

**A connection secret was deleted**: restore it, or store it again and deploy with its new ARN. Until then nothing can be resumed on that cluster.`,
  },
  {
    title: 'The links have moved',
    text: `
To another cluster, workspace or database, or under another name. The journal knows a link by \`\` HOST:PORT/\`database\`.\`link\` \`\`: at its new place it is another one, without a
record, and the record of the old place goes on protecting the key that it names.

1. First let the rotation be idle: by \`status\` nothing is pending and nothing paused. A pause is ended at the address that the journal recorded, by \`recover\` once the
   lease of its run has run out.

   ${sh(run.status, run.recover)}

2. Store the new address in the connection secret, or name the new links in \`links\`, and deploy. Then ask for the plan: it says which links and pipelines it finds.

   ${sh(run.plan)}

3. Rotate. The links at the new place get the new key and a record. A link that is gone from a database in which others are shown loses its record by itself; for one whose
   database or cluster is gone, take it out by hand, when nothing is paused for it. Otherwise KEY_QUOTA, or \`old-key-held\`, names it.

   ${sh(run.rotate, run.linksInJournal, run.removeLinkFromJournal)}

A link at the old place that shall live on, with its old key, is no more looked after: name it in a definition, or give it credentials of its own before the old key retires.`,
  },
];
