import { setTimeout as delay } from 'node:timers/promises'
import type { Bed } from '../bed/bed.js'
import { nowMs } from '../history/monotonic.js'
import type { Browser, PageAnswer } from '../load/browser.js'
import type { NodeProcess } from '../node/node-process.js'
import type { Stage } from './stage.js'

const LOOK_MS = 20
const WITHIN_MS = 120_000
const SESSION_BYTES = 1024
/** Sessions that are written while the joining node fetches them. */
const UPDATED = 500
/** Sessions that are asked for as soon as it serves. */
const VISITORS = 10

export function joinUnderLoad(stage: Stage): Promise<void> {
  return join(stage, false)
}

/** One of the two donors is killed when a part of the table has come. */
export function joinWithoutDonor(stage: Stage): Promise<void> {
  return join(stage, true)
}

async function join(stage: Stage, donorDies: boolean): Promise<void> {
  // The joining node serves at once instead of waiting for all sessions: that is what is looked at here.
  const bed = await stage.open(3, { manager: { stateTransferTimeout: 0 } })
  const { life } = bed
  await life.kill(['n3'])
  const n1 = life.process('n1')!
  const ids = await n1.ask<string[]>('create', { count: stage.rounds(100_000, 10_000), bytes: SESSION_BYTES })
  const visitors = await newVisitors(stage, bed)
  await equal(n1, life.process('n2')!)
  const n3 = await life.start('n3')
  const startedMs = stage.watch.of('starting').findLast(told => told.node === 'n3')!.at
  const readyMs = stage.watch.of('ready').findLast(told => told.node === 'n3')!.at
  // Beside all else: whoever looks only afterwards finds that all has come.
  const killing = donorDies ? killDonor(bed, n3, ids.length) : undefined
  const updating = update(bed, ids)
  const served = await firstAnswers(bed, visitors)
  const completeMs = await complete(n3, ids.length + VISITORS, startedMs)
  const updated = await updating
  const hadThen = await killing
  await equal(n1, n3)
  if (hadThen !== undefined) stage.atMost('sessions that it had when the donor died', hadThen, ids.length - 1)
  stage.within('createCluster until it serves', readyMs - startedMs, 200)
  stage.within('createCluster until it has all sessions', completeMs, 5_000)
  stage.atLeast('sessions that it has', await n3.ask<number>('sessions'), ids.length + VISITORS)
  stage.atMost('updates lost that were made meanwhile', await lost(n3, updated), 0)
  stage.atLeast('updates made meanwhile', updated.size, 100)
  stage.times(
    'requests at once, for sessions from before',
    served.map(({ ms }) => ms),
    { p99: 500 },
  )
  const flagged = served.filter(({ isStale }) => isStale)
  const wrong = served.filter((answer, i) => !answer.isStale && answer.read?.cart !== i + 1)
  stage.atMost(
    `of these answered without what was written, and not flagged (${flagged.length} flagged)`,
    wrong.length,
    0,
  )
  stage.atLeast('of these it had to ask for', await pulls(n3), 1)
}

/** Browsers whose sessions exist since before the join. */
async function newVisitors(stage: Stage, { network }: Bed): Promise<Browser[]> {
  const visitors = Array.from({ length: VISITORS }, (_, i) => stage.browser(`c${i + 1}`))
  for (const [i, browser] of visitors.entries())
    await browser.get(network.host('n1'), [{ do: 'write', name: 'cart', version: i + 1 }])
  return visitors
}

/** They come to the new node first. */
async function firstAnswers({ network }: Bed, visitors: readonly Browser[]): Promise<PageAnswer[]> {
  const answers: PageAnswer[] = []
  for (const browser of visitors) answers.push(await browser.get(network.host('n3'), []))
  return answers
}

/** Writes at an old node while the new one joins; returns what was written last, by session. */
async function update({ life }: Bed, ids: readonly string[]): Promise<Map<string, number>> {
  const n1 = life.process('n1')!
  const written = new Map<string, number>()
  const step = Math.max(1, Math.floor(ids.length / UPDATED))
  for (let i = 0; i < ids.length; i += step * 10) {
    const some = ids.filter((_, n) => n >= i && n < i + step * 10 && n % step === 0)
    const done = await n1.ask<boolean[]>('writeAll', { ids: some, name: 'cart', value: i + 1 })
    for (const [n, id] of some.entries()) if (done[n]) written.set(id, i + 1)
    await delay(10)
  }
  return written
}

/** Resolves with how many sessions had come by then. */
async function killDonor({ life }: Bed, joiner: NodeProcess, all: number): Promise<number> {
  const deadlineMs = nowMs() + WITHIN_MS
  let come = await joiner.ask<number>('sessions')
  for (; nowMs() < deadlineMs && come < all / 5; come = await joiner.ask<number>('sessions')) await delay(LOOK_MS)
  await life.kill(['n2'])
  return come
}

/** From `sinceMs` until it has so many sessions. */
async function complete(joiner: NodeProcess, count: number, sinceMs: number): Promise<number> {
  while (nowMs() - sinceMs < WITHIN_MS) {
    if ((await joiner.ask<number>('sessions')) >= count) return nowMs() - sinceMs
    await delay(LOOK_MS)
  }
  return Number.POSITIVE_INFINITY
}

async function equal(one: NodeProcess, other: NodeProcess): Promise<void> {
  const deadlineMs = nowMs() + WITHIN_MS
  while (nowMs() < deadlineMs) {
    const [a, b] = await Promise.all([one.ask<string>('digest'), other.ask<string>('digest')])
    if (a === b) return
    await delay(LOOK_MS)
  }
  throw new Error(`${one.incarnation} and ${other.incarnation} did not become equal within ${WITHIN_MS} ms`)
}

async function lost(joiner: NodeProcess, written: ReadonlyMap<string, number>): Promise<number> {
  const ids = [...written.keys()]
  const values = await joiner.ask<(number | null)[]>('values', { ids, name: 'cart' })
  return ids.filter((id, i) => values[i] !== written.get(id)).length
}

/** Requests that came for a session that it lacked. */
async function pulls(joiner: NodeProcess): Promise<number> {
  const { valve } = await joiner.ask<{ valve: { nrOfPulls: number } }>('inspect')
  return valve.nrOfPulls
}
