import { setTimeout as delay } from 'node:timers/promises'
import { cutBetween } from '../faults/partitions.js'
import { nowMs } from '../history/monotonic.js'
import type { NodeProcess } from '../node/node-process.js'
import type { Stage } from './stage.js'

const LOOK_MS = 40
const WITHIN_MS = 30_000

/** A thousand sessions of ten thousand are written on both sides of a cut; after the heal each has one state everywhere. */
export async function thousandConflicts(stage: Stage): Promise<void> {
  const bed = await stage.open(3)
  const { life, filter } = bed
  const [n1, n2] = [life.process('n1')!, life.process('n2')!]
  const all = await n1.ask<string[]>('create', { count: stage.rounds(10_000, 2_000), bytes: 200 })
  await stage.whole(bed)
  const ids = all.filter((_, i) => i % 10 === 0)
  await filter.add(cutBetween(['n1'], ['n2', 'n3']))
  await stage.noticed('n1', ['n2', 'n3'])
  await Promise.all([n1, n2].map(p => p.ask('writeAll', { ids, name: 'cart', value: Number(p.name.slice(1)) })))
  await filter.clear()
  const timesMs = await convergenceTimes(life.running, ids)
  await stage.whole(bed)
  stage.times(
    `each of ${ids.length} conflicting sessions of ${all.length} the same everywhere after the heal`,
    timesMs,
    {
      p99: 2_000,
    },
  )
  stage.atLeast('sessions that became the same', timesMs.length, ids.length)
  const conflicts = stage.watch.of('session').filter(event => event.event === 'conflict')
  stage.atLeast('sessions with a conflict event', new Set(conflicts.map(event => event.session)).size, ids.length)
}

/** From now on, for each session, until all nodes have the same state of it. Looking costs time, too: the figures are upper bounds. */
async function convergenceTimes(processes: readonly NodeProcess[], ids: readonly string[]): Promise<number[]> {
  const beganMs = nowMs()
  const timesMs: number[] = []
  let open = [...ids]
  while (open.length > 0 && nowMs() - beganMs < WITHIN_MS) {
    const states = await Promise.all(processes.map(p => p.ask<(string | null)[]>('states', { ids: open })))
    const atMs = nowMs() - beganMs
    const differing = open.filter((_, i) => states.some(of => of[i] === null || of[i] !== states[0]![i]))
    for (let n = open.length - differing.length; n > 0; n--) timesMs.push(atMs)
    open = differing
    await delay(LOOK_MS)
  }
  return timesMs
}
