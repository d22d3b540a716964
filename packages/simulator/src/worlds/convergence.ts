import type { World } from './world.js'

/** So long anti-entropy may take at most, s of virtual time. */
const SETTLED_WITHIN = 12
/** What nodes know of a use differs by less, ms: less than a session is idle before its requests. */
const TOLD_WITHIN_MS = 60

/**
 * Lets everything arrive and anti-entropy have its turns, and tells in what the copies differ that should not. What was not lost needs no anti-entropy: copies are
 * equal, and gaps filled, before it comes.
 */
export function brokenAtRest(world: World): readonly string[] {
  world.comeToRest()
  const broken = [...openGaps(world), ...(world.hasLost ? [] : differentCopies(world))]
  let different = differences(world)
  for (let second = 0; second < SETTLED_WITHIN && different.length > 0; second++) {
    world.advance(1_000)
    different = differences(world)
  }
  return [...broken.map(text => `${text}, until anti-entropy comes`), ...different]
}

function differences(world: World): readonly string[] {
  const digests = new Set(world.nodes.map(({ manager }) => manager.digest()))
  const broken = digests.size > 1 ? ['I1: the digests differ'] : []
  return [...broken, ...differentCopies(world), ...openGaps(world), ...untoldUses(world)]
}

function differentCopies(world: World): readonly string[] {
  return world.requests.ids().flatMap(id => {
    const states = world.nodes.map((_, node) => world.probe(node, id)?.state ?? 'none')
    return new Set(states).size > 1 ? [`I1: the copies of ${id} differ: ${states.join(' / ')}`] : []
  })
}

/** To look a session up is to use it: where uses are looked at, gaps are not. */
function openGaps({ nodes, requests, tellsUses }: World): readonly string[] {
  if (tellsUses) return []
  return requests
    .ids()
    .flatMap(id => nodes.filter(node => node.hasGap(id)).map(({ name }) => `I1: ${name} waits for commits to ${id}`))
}

function untoldUses(world: World): readonly string[] {
  if (!world.tellsUses) return []
  const alive = world.requests.ids().filter(id => !world.ledger.isDead(id))
  return alive.flatMap(id => {
    const idle = world.nodes.map((_, node) => world.probe(node, id)?.idleMs ?? 0)
    const isTold = Math.max(...idle) - Math.min(...idle) <= TOLD_WITHIN_MS
    return isTold ? [] : [`a use of ${id} was not told: idle for ${idle.join(' / ')} ms`]
  })
}
