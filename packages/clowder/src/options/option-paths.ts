import type { z } from 'zod'
import { clusterOptions } from './cluster-options.js'

/** One option, as errors and docs/configuration.md show it. */
export interface OptionText {
  /** E.g. `membership.dropTime`. */
  readonly path: string
  readonly description: string
  readonly allowed: string
  readonly isGroup: boolean
  /** Undefined: none. */
  readonly byDefault: unknown
}

/** Every option and every group, in the order of the schema, a group before its options. */
export function optionTexts(): readonly OptionText[] {
  return textsOf(clusterOptions.shape, '')
}

type Shape = Readonly<Record<string, z.ZodType>>

function textsOf(shape: Shape, prefix: string): OptionText[] {
  return Object.entries(shape).flatMap(([name, schema]) => {
    const path = prefix + name
    const inner = innerShape(schema)
    return [textOf(path, schema, inner !== undefined), ...(inner ? textsOf(inner, `${path}.`) : [])]
  })
}

function textOf(path: string, schema: z.ZodType, isGroup: boolean): OptionText {
  const { description = '', allowed } = schema.meta() ?? {}
  const byDefault = isGroup ? undefined : (schema.def as { defaultValue?: unknown }).defaultValue
  return { path, description, allowed: String(allowed), isGroup, byDefault }
}

/** Groups are strict objects with a prefault, or optional ones. */
function innerShape(schema: z.ZodType): Shape | undefined {
  const def = schema.def as { type: string; innerType?: { shape?: Shape } }
  return def.type === 'prefault' || def.type === 'optional' ? def.innerType?.shape : undefined
}
