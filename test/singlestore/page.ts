/** The link that the page's examples use. */
export const pageLink = String.raw`CREATE LINK analytics_link AS S3
CONFIG '{"disable_gunzip":false}'
CREDENTIALS '{"aws_access_key_id":"initial_key_id",
"aws_secret_access_key":"initial_secret"}';`;

interface Example {
  readonly title: string;
  readonly statement: string;
  /** `Create Link` of SHOW CREATE LINK afterwards. */
  readonly shown: string;
}

/**
 * The examples of the vendor's ALTER LINK page, word for word and in its order.
 * https://docs.singlestore.com/db/v9.1/reference/sql-reference/security-management-commands/alter-link
 */
export const pageExamples: readonly Example[] = [
  {
    title: 'Add a configuration parameter',
    statement: String.raw`ALTER LINK analytics_link
SET CONFIG ::region = "us-east-1";`,
    shown: String.raw`CREATE LINK ${'`analytics_link`'} AS S3
    CONFIG "{\"disable_gunzip\":false,\"region\":\"us-east-1\"}"
    CREDENTIALS <CREDENTIALS REDACTED>`,
  },
  {
    title: 'Modify a single configuration parameter',
    statement: String.raw`ALTER LINK analytics_link
SET CONFIG ::region = 'us-west-2';`,
    shown: String.raw`CREATE LINK ${'`analytics_link`'} AS S3
    CONFIG "{\"disable_gunzip\":false,\"region\":\"us-west-2\"}"
    CREDENTIALS <CREDENTIALS REDACTED>`,
  },
  {
    title: 'Replace the CONFIG JSON',
    statement: String.raw`ALTER LINK analytics_link
SET CONFIG '{"region":"eu-central-1","disable_gunzip":true}';`,
    shown: String.raw`CREATE LINK ${'`analytics_link`'} AS S3
    CONFIG "{\"region\":\"eu-central-1\",\"disable_gunzip\":true}"
    CREDENTIALS <CREDENTIALS REDACTED>`,
  },
  {
    title: 'Modify a single credential parameter',
    statement: String.raw`ALTER LINK analytics_link
SET CREDENTIALS ::aws_access_key_id = 'rotated_key_id';`,
    shown: String.raw`CREATE LINK ${'`analytics_link`'} AS S3
    CONFIG "{\"region\":\"eu-central-1\",\"disable_gunzip\":true}"
    CREDENTIALS <CREDENTIALS REDACTED>`,
  },
  {
    title: 'Replace the CREDENTIALS JSON',
    statement: String.raw`ALTER LINK analytics_link
SET CREDENTIALS '{"aws_access_key_id":"final_key_id","aws_secret_access_key":"final_secret"}';`,
    shown: String.raw`CREATE LINK ${'`analytics_link`'} AS S3
    CONFIG "{\"region\":\"eu-central-1\",\"disable_gunzip\":true}"
    CREDENTIALS <CREDENTIALS REDACTED>`,
  },
  {
    title: 'Modify the CONFIG and CREDENTIAL JSON in the same ALTER LINK query',
    statement: String.raw`ALTER LINK analytics_link
SET CONFIG '{"region":"eu-central-1","disable_gunzip":true}'
SET CREDENTIALS '{"aws_access_key_id":"final_key_id","aws_secret_access_key":"final_secret"}';`,
    shown: String.raw`CREATE LINK ${'`analytics_link`'} AS S3
    CONFIG "{\"region\":\"eu-central-1\",\"disable_gunzip\":true}"
    CREDENTIALS <CREDENTIALS REDACTED>`,
  },
  {
    title: 'Using a combination of JSON and single-key updates',
    statement: String.raw`ALTER LINK analytics_link
SET CONFIG '{"region":"us-west-2","disable_gunzip":true}'
SET CREDENTIALS ::aws_access_key_id = 'rotated_key_id';`,
    shown: String.raw`CREATE LINK ${'`analytics_link`'} AS S3
    CONFIG "{\"disable_gunzip\":true,\"region\":\"us-west-2\"}"
    CREDENTIALS <CREDENTIALS REDACTED>`,
  },
];
