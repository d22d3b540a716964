import { cutBetween } from '../faults/partitions.js'
import type { Stage } from './stage.js'

/** Real Tomcat undoes it: the session lives on at the other side and comes back. */
export async function logoutInPartition(stage: Stage): Promise<void> {
  const bed = await stage.open(3)
  const { network, filter } = bed
  const [n1, n2] = [network.host('n1'), network.host('n2')]
  const [browser, thief] = [stage.browser('c1'), stage.browser('c2')]
  await browser.get(n1, [{ do: 'write', name: 'user', version: 1 }])
  await stage.whole(bed)
  const old = browser.cookie
  await filter.add(cutBetween(['n1'], ['n2', 'n3']))
  const logout = await browser.get(n1, [{ do: 'logout' }])
  thief.cookie = old
  const meanwhile = await thief.get(n2, [{ do: 'write', name: 'user', version: 2 }])
  await stage.noticed('n1', ['n2', 'n3'])
  await filter.clear()
  await stage.whole(bed)
  let serving = 0
  for (const host of network.hosts) {
    thief.cookie = old
    if ((await thief.get(host, [])).outcome !== 'none') serving++
  }
  stage.atLeast('the logout was answered', logout.outcome === 'ok' ? 1 : 0, 1)
  stage.atLeast('the other side went on with the session meanwhile', meanwhile.outcome === 'ok' ? 1 : 0, 1)
  stage.atMost('nodes that serve the session after the heal', serving, 0)
}

export async function conflictingWrites(stage: Stage): Promise<void> {
  const bed = await stage.open(3)
  const { network, filter } = bed
  const [one, other] = [stage.browser('c1'), stage.browser('c2')]
  await one.get(network.host('n1'), [{ do: 'write', name: 'cart', version: 1 }])
  await stage.whole(bed)
  other.cookie = one.cookie
  await filter.add(cutBetween(['n1'], ['n2', 'n3']))
  await one.get(network.host('n1'), [{ do: 'write', name: 'cart', version: 2 }])
  await other.get(network.host('n2'), [{ do: 'write', name: 'cart', version: 3 }])
  await other.get(network.host('n2'), [{ do: 'write', name: 'step', version: 4 }])
  await stage.noticed('n1', ['n2', 'n3'])
  await filter.clear()
  await stage.whole(bed)
  const carts = new Set<unknown>()
  const steps = new Set<unknown>()
  for (const host of network.hosts) {
    const { read } = await one.get(host, [])
    carts.add(read?.cart)
    steps.add(read?.step)
  }
  stage.atMost('values of the attribute written on both sides', carts.size, 1)
  stage.atLeast('the winner is one of the two', carts.has(2) || carts.has(3) ? 1 : 0, 1)
  stage.atLeast('nodes that still have the attribute written on one side', steps.size === 1 && steps.has(4) ? 3 : 0, 3)
  const conflicts = stage.watch.of('session').filter(e => e.event === 'conflict' && e.name === 'cart')
  stage.atLeast('conflict events', conflicts.length, 1)
}

export async function bornInCut(stage: Stage): Promise<void> {
  const bed = await stage.open(3)
  const { network, filter, life } = bed
  await filter.add(cutBetween(['n1'], ['n2', 'n3']))
  const browser = stage.browser()
  await browser.get(network.host('n1'), [{ do: 'write', name: 'user', version: 1 }])
  // The sides have noticed that they are apart: what comes now is a heal, not a hiccup.
  await stage.noticed('n1', ['n2', 'n3'])
  await browser.get(network.host('n1'), [{ do: 'write', name: 'cart', version: 2 }])
  const ids = [browser.cookie!.session]
  await filter.clear()
  const tookMs = await stage.whole(bed)
  const holding = await Promise.all(life.running.map(p => p.ask<unknown[]>('values', { ids, name: 'cart' })))
  stage.atLeast('nodes that hold it after the heal', holding.flat().filter(value => value === 2).length, 3)
  stage.within('from the heal to the same everywhere', tookMs, 2_000)
}

/** The first write after a cut is the one that finds out; the next ones must not wait for whoever is silent. */
export async function degradedWrite(stage: Stage): Promise<void> {
  const bed = await stage.open(2)
  const { network, filter, life } = bed
  const browser = stage.browser()
  const host = network.host('n1')
  await browser.get(host, [{ do: 'write', name: 'cart', version: 1 }])
  const timesMs: number[] = []
  let failed = 0
  let version = 1
  const before = await degraded()
  const rounds = stage.rounds(10, 3)
  for (let round = 0; round < rounds; round++) {
    await stage.whole(bed)
    // Warm, so that what is measured is the cut.
    await browser.get(host, [{ do: 'write', name: 'cart', version: ++version }])
    await filter.add(cutBetween(['n1'], ['n2']))
    const answer = await browser.get(host, [{ do: 'write', name: 'cart', version: ++version }])
    timesMs.push(answer.ms)
    if (answer.outcome !== 'ok') failed++
    await filter.clear()
  }
  stage.times('a write just after a cut is answered', timesMs, { p99: 100 })
  stage.atMost('of these not answered well', failed, 0)
  stage.atLeast('counted as degraded', (await degraded()) - before, rounds)

  async function degraded(): Promise<number> {
    const { valve } = await life.process('n1')!.ask<{ valve: { nrOfDegradedCommits: number } }>('inspect')
    return valve.nrOfDegradedCommits
  }
}
