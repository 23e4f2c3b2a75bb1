import { Token } from 'aws-cdk-lib';

/**
 * Whether a value has yet to come, and cannot be judged: when the stack is deployed, or, as CDK's `valueFromLookup` has it, when synth
 * has ended once and what it asks for was looked up.
 */
export const isUnknown = (value: string): boolean => Token.isUnresolved(value) || value.includes('dummy-value-for-');
