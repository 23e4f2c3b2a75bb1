import { Client, quoteName, quoteText } from '../client';
import type { Finding, Question } from './question';

export const readOnlyWorkspace: Question = {
  title: 'What does a workspace say that has the database attached read-only?',
  async ask({ witness }) {
    const { readOnly } = witness;
    if (readOnly === undefined) {
      return [['not asked', 'SINGLESTORE_READONLY_URL and SINGLESTORE_READONLY_DATABASE are not set']];
    }
    const client = await Client.open(readOnly.target);
    try {
      const findings: Finding[] = [];
      const nothing = `${quoteName(readOnly.database)}.link_rotation_nothing`; // neither link nor pipeline: nothing can change
      for (const sql of [
        `ALTER LINK ${nothing} SET CONFIG '{}'`,
        `STOP PIPELINE IF RUNNING ${nothing}`,
        `START PIPELINE IF NOT RUNNING ${nothing}`,
      ]) {
        findings.push([sql.replace(quoteName(readOnly.database), 'db'), await client.outcome(sql)]);
      }
      return findings;
    } finally {
      await client.end();
    }
  },
};

export const unattached: Question = {
  title: 'What does a workspace say of a database that is not attached to it, and where does it still list it?',
  async ask({ root, witness }) {
    const { unattached: database } = witness;
    if (database === undefined) return [['not asked', 'SINGLESTORE_UNATTACHED_DATABASE is not set']];
    const count = async (view: string, column: string): Promise<Finding> => {
      const sql = `SELECT COUNT(*) AS n FROM information_schema.${view} WHERE ${column} = ${quoteText(database)}`;
      const [row] = await root.rows(sql).catch((error: unknown) => [{ n: String(error) }]);
      return [`rows of information_schema.${view} with its name`, String(row?.['n'])];
    };
    const listed = (await root.rows('SHOW DATABASES')).some((row) => Object.values(row).includes(database));
    const findings: Finding[] = [
      ['SHOW DATABASES', listed ? 'lists it' : 'does not list it'],
      await count('SCHEMATA', 'SCHEMA_NAME'),
      await count('LINKS', 'DATABASE_NAME'),
      await count('PIPELINES', 'DATABASE_NAME'),
    ];
    const nothing = `${quoteName(database)}.link_rotation_nothing`; // neither link nor pipeline: nothing can change
    for (const sql of [
      `ALTER LINK ${nothing} SET CONFIG '{}'`,
      `STOP PIPELINE IF RUNNING ${nothing}`,
      `SHOW CREATE PIPELINE ${nothing}`,
      `SHOW LINKS ON ${quoteName(database)}`,
      `SHOW FUNCTIONS IN ${quoteName(database)}`,
    ]) {
      findings.push([sql.replace(quoteName(database), 'db'), await root.outcome(sql)]);
    }
    return findings;
  },
};
