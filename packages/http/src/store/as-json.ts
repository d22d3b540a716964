import { type HaError, UnserializableValueError } from '@clowder/ha'

export interface JsonForms {
  /** Attributes that JSON makes something of; undefined where it leaves them out. */
  readonly kept: ReadonlyMap<string, unknown>
  /** Why the others cannot be kept. */
  readonly lost: readonly HaError[]
}

/**
 * Attributes of `data` that were refused, as what JSON makes of them. Every other session store keeps that and no more (an instance of a class as its fields, or its `toJSON`; no
 * functions), so that an application which has lived with it can go on.
 */
export function asJson(data: object, refused: readonly HaError[]): JsonForms {
  const kept = new Map<string, unknown>()
  const lost: HaError[] = []
  for (const error of refused) {
    const name = error instanceof UnserializableValueError ? attributeOf(error.path, data) : undefined
    const form = name === undefined ? undefined : jsonForm(Reflect.get(data, name))
    if (form) kept.set(name!, form.value)
    else lost.push(error)
  }
  return { kept, lost }
}

/** The path begins with the attribute's name, in which there may be dots. */
function attributeOf(path: string, data: object): string | undefined {
  const names = Object.keys(data).filter(name => path.startsWith(name) && /^([.[]|$)/.test(path.slice(name.length)))
  return names.sort((a, b) => b.length - a.length)[0]
}

/** Absent of what JSON refuses: a cycle, a BigInt. */
function jsonForm(value: unknown): { readonly value: unknown } | undefined {
  try {
    const text = JSON.stringify(value)
    return { value: text === undefined ? undefined : JSON.parse(text) }
  } catch {
    return undefined
  }
}
