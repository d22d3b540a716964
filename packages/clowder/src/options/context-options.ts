import { mergeOptions } from './merge-options.js'
import { optionalGroup } from './option.js'

/** Attributes of the application. */
export const contextOptions = optionalGroup(
  { merges: mergeOptions },
  'Attributes of the application that all members share, for `cluster.context` (Tomcat: ReplicatedContext). The same on all members; `users` brings it with it.',
)
