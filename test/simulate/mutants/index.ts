import { credentialMutants } from './credential';
import type { Mutant } from './mutant';
import { orderMutants } from './order';
import { pauseMutants } from './pause';
import { truthMutants } from './truth';

export const mutants: readonly Mutant[] = [...credentialMutants, ...pauseMutants, ...orderMutants, ...truthMutants];
