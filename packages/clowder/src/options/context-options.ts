import type { MergeFunction } from '@clowder/ha'
import { z } from 'zod'
import { optionalGroup } from './option.js'

const merges = z
  .record(
    z.string(),
    z.custom<MergeFunction>(value => typeof value === 'function'),
  )
  .optional()
  .meta({
    description:
      'By attribute: how two values that were set without knowledge of each other become one. Commutative, associative and idempotent (a union, a maximum), and the same on all members.',
    allowed: 'an object of functions',
  })

/** Attributes of the application. */
export const contextOptions = optionalGroup(
  { merges },
  'Attributes of the application that all members share, for `cluster.context` (Tomcat: ReplicatedContext). The same on all members; `users` brings it with it.',
)
