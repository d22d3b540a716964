import type { Ledger, Renaming } from './ledger.js'
import type { WorldNode } from './world-node.js'

/**
 * Changes of id that a node knows by halves: the old session is dead and the new one unheard of, or both are alive. Owed between two nodes while nothing goes
 * wrong; what was lost is repaired session by session.
 */
export function tornRenamings({ renamings, deaths }: Ledger, { told, name }: WorldNode): readonly string[] {
  const heard = (event: string, id: string) => told.some(t => t.name === event && t.id === id)
  const isOnlyEnd = ({ oldId }: Renaming) => deaths.filter(({ id }) => id === oldId).length === 1
  return renamings
    .filter(isOnlyEnd)
    .filter(({ oldId, id }) => heard('sessionDestroyed', oldId) !== heard('sessionCreated', id))
    .map(({ oldId, id }) => `${name} knows half of the change of id from ${oldId} to ${id}`)
}
