import { brokenAtRest } from './convergence.js'
import type { Write } from './ledger.js'
import { ATTRIBUTES } from './requests.js'
import type { World } from './world.js'
import type { Told, WorldNode } from './world-node.js'

/** Lets the world come to rest, then names each promise that it broke. Empty: none. */
export function brokenPromises(world: World): readonly string[] {
  const broken = [...brokenAtRest(world), ...world.violations()]
  for (const id of world.requests.ids())
    broken.push(...(world.ledger.isDead(id) ? revivals(world, id) : losses(world, id)))
  for (const node of world.nodes) {
    for (const error of node.errors) broken.push(`I10: ${node.name} logged an error: ${error}`)
    for (const id of world.requests.ids()) broken.push(...unfitEvents(world, node, id))
    broken.push(...falseConflicts(world, node))
  }
  for (const id of world.requests.ids()) broken.push(...unfitEndings(world, id), ...silentLosses(world, id))
  return broken.map(text =>
    world.requests.ids().reduce((said, id) => said.replaceAll(id, world.requests.idText(id)), text),
  )
}

/** I3: what has ended stays ended, on every node. */
function revivals({ nodes }: World, id: string): readonly string[] {
  const standing = (node: WorldNode) => {
    const found = node.find(id)
    return typeof found === 'string' ? found : 'alive'
  }
  return nodes
    .filter(node => standing(node) !== 'dead')
    .map(node => `I3: ${id} has ended and is ${standing(node)} on ${node.name}`)
}

/** I4 and I6: under each name is one of the writes that nothing has superseded, on every node. */
function losses({ nodes, ledger }: World, id: string): readonly string[] {
  return nodes.flatMap(node => {
    const session = node.find(id)
    if (typeof session === 'string') return [`I2: ${id} is ${session} on ${node.name}`]
    return ATTRIBUTES.flatMap(name => {
      const latest = ledger.latest(id, name)
      const found = session.getAttribute(name)
      const isRight = latest.length === 0 ? found === undefined : latest.some(write => write.value === found)
      const owed = latest.map(write => valueText(write.value)).join(' or ') || 'nothing'
      const promise = latest.every(write => write.value === undefined) ? 'I4' : 'I6'
      return isRight ? [] : [`${promise}: ${name} of ${id} is ${valueText(found)} on ${node.name} instead of ${owed}`]
    })
  })
}

/** I7, one node: created and destroyed once, and nothing after the end. */
function unfitEvents({ ledger }: World, { told, name }: WorldNode, id: string): readonly string[] {
  const own = told.filter(event => event.id === id)
  const times = (event: Told['name']) => own.filter(t => t.name === event).length
  const broken: string[] = []
  const end = own.findIndex(event => event.name === 'sessionDestroyed')
  if (end >= 0)
    for (const event of own.slice(end + 1)) broken.push(`I7: ${name} tells ${event.name} of ${id} after its end`)
  if (times('sessionCreated') > 1)
    broken.push(`I7: ${name} tells of the creation of ${id} ${times('sessionCreated')} times`)
  if (times('sessionExpired') > 0) broken.push(`I7: ${name} lets ${id} expire`)
  const endings = times('sessionDestroyed')
  // Who has only heard of parts of a session has not told of its creation, and tells of its end only if it is its own doing.
  const isUnborn = times('sessionCreated') === 0 && !own.some(t => t.name === 'sessionDestroyed' && !t.local)
  const isUsual = times('sessionCreated') === (ledger.isDead(id) ? endings : 1) || isUnborn
  if (endings > 1 || !isUsual || (endings > 0 && !ledger.isDead(id)))
    broken.push(
      `I7: ${name} tells of the end of ${id} ${endings} times, of its creation ${times('sessionCreated')} times`,
    )
  return broken
}

/** I7, all nodes: an end is told as local where it was made, and an id's change once. */
function unfitEndings({ nodes, ledger }: World, id: string): readonly string[] {
  const local = (name: Told['name']) =>
    nodes.flatMap(n => n.told).filter(t => t.name === name && t.id === id && t.local).length
  const broken: string[] = []
  const deaths = ledger.deaths.filter(death => death.id === id).length
  const endings = local('sessionDestroyed')
  if (endings > deaths || (deaths > 0 && endings === 0))
    broken.push(`I7: ${endings} nodes tell that they ended ${id}, ${deaths} did`)
  const renamings = ledger.renamings.filter(renaming => renaming.id === id).length
  if (local('sessionIdChanged') !== renamings)
    broken.push(`I7: the change of id to ${id} is told ${local('sessionIdChanged')} times`)
  return broken
}

/** I6: whoever lost to a write that did not know of it is named in a conflict event. */
function silentLosses({ nodes, ledger }: World, id: string): readonly string[] {
  if (ledger.isDead(id)) return []
  const session = nodes[0]!.find(id)
  return ATTRIBUTES.flatMap(name => {
    const final = typeof session === 'object' ? session.getAttribute(name) : undefined
    const latest = ledger.latest(id, name).filter(write => write.value !== final)
    const overwritten = ledger.writesOf(id, name).flatMap(write => overwrittenBy(write, ledger.writesOf(id, name)))
    return [...new Set([...latest, ...overwritten])]
      .filter(
        write =>
          !nodes.some(node =>
            node.told.some(
              told => told.id === id && told.conflict?.name === name && told.conflict.dropped === write.value,
            ),
          ),
      )
      .map(
        write =>
          `I6: ${valueText(write.value)} under ${name} of ${id} lost to a write that did not know of it, and no conflict was told`,
      )
  })
}

/** Writes that were in the copy when `write` was committed, but not when its request began. */
function overwrittenBy(write: Write, all: readonly Write[]): readonly Write[] {
  const there = all.filter(other => write.seen.has(other.number))
  const current = there.filter(other => !there.some(later => later.seen.has(other.number)))
  return current.filter(other => !write.seenAtBegin.has(other.number))
}

/** A write that had seen what it replaced is no conflict. */
function falseConflicts({ ledger }: World, node: WorldNode): readonly string[] {
  return node.told.flatMap(({ id, conflict }) => {
    if (!conflict) return []
    const writes = ledger.writesOf(id, conflict.name)
    const kept = writes.filter(write => write.value === conflict.kept)
    const dropped = writes.filter(write => write.value === conflict.dropped)
    const isTrue = kept.some(k => dropped.some(d => k !== d && !k.seenAtBegin.has(d.number) && !d.seen.has(k.number)))
    const text = `${valueText(conflict.kept)} was kept and ${valueText(conflict.dropped)} dropped under ${conflict.name} of ${id}`
    return isTrue || writes.length === 0 ? [] : [`I6: ${node.name} tells a conflict that was none: ${text}`]
  })
}

function valueText(value: unknown): string {
  return value === undefined ? 'nothing' : String(value)
}
