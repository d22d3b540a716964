import type { Application, Visit } from '../cluster/visit.js'
import { LOCK_PATIENCE_MS, TAGS, TICKET } from './client-options.js'
import type { Errand } from './errand.js'

/** The page behind an errand. `nextVersion` gives every written value a number of its own. */
export function applicationFor(errand: Errand, nextVersion: () => number): Application {
  return visit => {
    if (errand.kind === 'touch') return visit.finishWithout('not looked')
    if (visit.isLost && !errand.startsAnew) return visit.finishWithout('none found')
    const isShared = errand.locks && !visit.session.isNew && !visit.process.learnsLocks
    if (isShared) visit.lock(LOCK_PATIENCE_MS, () => look(visit, errand, nextVersion))
    else look(visit, errand, nextVersion)
  }
}

function look(visit: Visit, errand: Errand, nextVersion: () => number): void {
  // Everything is read first: what another request changes meanwhile is not seen, as in any page that has looked already.
  for (const name of namesOf(errand)) visit.read(name)
  if (errand.looksAtTags || errand.addsTag) visit.readList(TAGS)
  const goOn = () => (errand.savesBetween ? saveFirst : finish)(visit, errand, nextVersion)
  if (errand.holdMs > 0) visit.later(errand.holdMs, goOn)
  else goOn()
}

const MOST_TAGS = 12
/** Sooner than the first could be acknowledged. */
const NEXT_WRITE_MS = 0.1

const STREAMED: ReadonlySet<Errand['kind']> = new Set(['read', 'write', 'take', 'remove'])

function namesOf({ kind, reads, writes, removes }: Errand): string[] {
  return [...reads, ...writes, ...removes, ...(kind === 'take' ? [TICKET] : [])]
}

function finish(visit: Visit, errand: Errand, nextVersion: () => number): void {
  const { isNew } = visit.session
  // No cookie of a new session, nor of one under another id, could go any more.
  if (errand.sendsHead && !errand.locks && !isNew && STREAMED.has(errand.kind)) visit.sendHead()
  if (isNew) begin(visit, errand, nextVersion)
  else act(visit, errand, nextVersion)
  if (errand.isAbandoned) visit.abandon()
  else visit.finish()
}

/** A session that keeps its client's id although nobody within reach has it is no new one: its ticket may be gone already. */
function begin(visit: Visit, { writes }: Errand, nextVersion: () => number): void {
  if (visit.isOwnSession) visit.write(TICKET, nextVersion())
  for (const name of writes) visit.write(name, nextVersion())
}

function act(visit: Visit, errand: Errand, nextVersion: () => number): void {
  switch (errand.kind) {
    case 'logout':
      return visit.destroy()
    case 'rename':
      return visit.isValid ? visit.rename() : undefined
    case 'regenerate':
      if (!visit.isValid) return
      visit.regenerate()
      return begin(visit, errand, nextVersion)
    case 'take':
      if (visit.read(TICKET) !== null) visit.remove(TICKET)
      return
    case 'remove':
      for (const name of errand.removes) if (visit.read(name) !== null) visit.remove(name)
      return
    case 'write':
      for (const name of errand.writes) visit.write(name, nextVersion())
      if (errand.addsTag && visit.readList(TAGS).length < MOST_TAGS) visit.add(TAGS, nextVersion())
      return
    case 'read':
    case 'touch':
      return
  }
}

/** The first write is on its way to the others when the page makes the next. */
function saveFirst(visit: Visit, errand: Errand, nextVersion: () => number): void {
  const [first, ...writes] = errand.writes
  if (errand.kind !== 'write' || first === undefined || visit.session.isNew) return finish(visit, errand, nextVersion)
  visit.write(first, nextVersion())
  // What is refused is told of by the commit itself.
  visit.save().catch(() => {})
  visit.later(NEXT_WRITE_MS, () => finish(visit, { ...errand, writes }, nextVersion))
}
