import { CredentialsProviderError } from '@smithy/core/config';

/**
 * Stands in for the ways to credentials that only a developer's machine has: SSO, profiles, processes, web identities. Each is passed
 * over, and the SDK's chain asks the next.
 */
const none = () => (): Promise<never> =>
  Promise.reject(new CredentialsProviderError('not part of this bundle', { tryNextLink: true }));

export { none as fromIni, none as fromProcess, none as fromSSO, none as fromTokenFile };
