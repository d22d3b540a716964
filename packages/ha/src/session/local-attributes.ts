import type { SessionCopy } from '../manager/session-copy.js'
import type { ValueBindings } from './value-bindings.js'

/** What a filter keeps on this node stands on its copy, decoded and as it is. */
export function keepLocal(copy: SessionCopy, name: string, value: unknown, bindings: ValueBindings): void {
  const local = copy.odd.local ?? new Map<string, unknown>()
  copy.note({ local })
  const before = local.get(name)
  local.set(name, value)
  bindings.replaced({ id: copy.id, name }, before, value)
}

export function dropLocal({ id, odd }: SessionCopy, name: string, bindings: ValueBindings): void {
  const before = odd.local?.get(name)
  if (odd.local?.delete(name)) bindings.replaced({ id, name }, before, undefined)
}

/** It goes on under the session's new id. */
export function moveLocal(from: SessionCopy, to: SessionCopy): void {
  if (!from.odd.local) return
  if (!to.odd.local) to.note({ local: from.odd.local })
  from.note({ local: undefined })
}
