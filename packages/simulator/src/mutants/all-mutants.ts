import { beliefMutants } from './belief-mutants.js'
import { commitMutants } from './commit-mutants.js'
import { copyMutants } from './copy-mutants.js'
import { exchangeMutants } from './exchange-mutants.js'
import { expiryMutants } from './expiry-mutants.js'
import { forgettingMutants } from './forgetting-mutants.js'
import { groupMutants } from './group-mutants.js'
import { lockMutants } from './lock-mutants.js'
import type { Mutant } from './mutant.js'
import { stateMutants } from './state-mutants.js'
import { tokenMutants } from './token-mutants.js'
import { toldMutants } from './told-mutants.js'

/** Every bug that the checkers must find. */
export const allMutants: readonly Mutant[] = [
  ...stateMutants,
  ...tokenMutants,
  ...commitMutants,
  ...exchangeMutants,
  ...expiryMutants,
  ...forgettingMutants,
  ...groupMutants,
  ...copyMutants,
  ...lockMutants,
  ...toldMutants,
  ...beliefMutants,
]
