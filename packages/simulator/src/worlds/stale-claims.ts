import type { VersionToken } from '@clowder/ha'
import type { Ledger } from './ledger.js'
import type { WorldNode } from './world-node.js'

/** What the cookie of an answer says, and what its client has seen of the session by then. */
export interface Answer {
  readonly id: string
  readonly token: VersionToken
  /** Writes, by number. */
  readonly seen: ReadonlySet<number>
}

/** I5: answers that this node would give as current to a client who has seen more than is there. A later write of the same name makes up for one that is missing. */
export function staleClaims(
  ledger: Ledger,
  node: WorldNode,
  index: number,
  answers: readonly Answer[],
): readonly string[] {
  const known = ledger.knownTo(index)
  return answers.flatMap(({ id, token, seen }) => {
    if (token.dots.length === 0 || node.manager.findSession(id, token).kind !== 'here') return []
    const own = ledger.writes.filter(write => write.id === id)
    const missing = own.filter(({ number }) => seen.has(number) && !known.has(number))
    return missing
      .filter(({ number, name }) => !own.some(w => w.name === name && known.has(w.number) && w.seen.has(number)))
      .map(({ name, value }) => `I5: ${node.name} serves ${id} as current although ${value} under ${name} is missing`)
  })
}
