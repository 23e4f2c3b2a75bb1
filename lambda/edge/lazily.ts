/* eslint-disable @typescript-eslint/no-require-imports -- see below */

/*
 * The SDKs that most invocations do without, loaded at the first use: 8 to 18 ms of cold start each (facts: toolchain,
 * section 5). By `require`, which the bundle turns into a call that initialises the module inside it; `import()` would
 * do the same there, but jest cannot run it in a CommonJS package.
 */
export const iam = () => require('@aws-sdk/client-iam') as typeof import('@aws-sdk/client-iam');
export const sts = () => require('@aws-sdk/client-sts') as typeof import('@aws-sdk/client-sts');
export const s3 = () => require('@aws-sdk/client-s3') as typeof import('@aws-sdk/client-s3');
