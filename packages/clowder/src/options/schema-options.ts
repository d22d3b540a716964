import type { AttributeSchema } from '@clowder/ha'
import { z } from 'zod'

type Migrations = NonNullable<AttributeSchema['up']>

const migrations = z.record(
  z.string().regex(/^[1-9]\d{0,5}$/),
  z.custom<(value: unknown) => unknown>(value => typeof value === 'function'),
)

const schema = z
  .strictObject({ version: z.int().min(1).max(100_000), up: migrations.optional(), down: migrations.optional() })
  .refine(({ version, up }) => isWhole(version, up))

/** By attribute. */
export const schemaOptions = z.record(z.string(), schema).optional().meta({
  description:
    'By attribute: `version`, the one that this application knows, from 1, which is also that of what was written before; `up`, by version, functions that make the next version’s value; `down`, by version, functions that make the one before, for instances that have not been replaced yet. See docs/recipes/schema-versions.md.',
  allowed: 'an object of { version, up, down }, with a function in `up` for every version below',
})

function isWhole(version: number, up: Migrations = {}): boolean {
  for (let from = 1; from < version; from++) if (!up[from]) return false
  return true
}
