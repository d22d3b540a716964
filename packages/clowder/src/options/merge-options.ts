import type { MergeFunction } from '@clowder/ha'
import { z } from 'zod'

/** By attribute. */
export const mergeOptions = z
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
