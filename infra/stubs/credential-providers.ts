import { CredentialsProviderError } from '@smithy/core/config';

/**
 * Stands in for the ways to credentials that only other machines have: SSO, profiles, processes, web identities, EC2's own. Each is
 * passed over, and the SDK's chain asks the next: a container's credentials come by HTTP, which is another package.
 */
const none = () => (): Promise<never> =>
  Promise.reject(new CredentialsProviderError('not part of this bundle', { tryNextLink: true }));

export { none as fromIni, none as fromProcess, none as fromSSO, none as fromTokenFile };
export { none as fromContainerMetadata, none as fromInstanceMetadata };
/** Where a container's credentials are, as the SDK's own `@smithy/credential-provider-imds` says it. */
export const ENV_CMDS_FULL_URI = 'AWS_CONTAINER_CREDENTIALS_FULL_URI';
export const ENV_CMDS_RELATIVE_URI = 'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI';
