import { setTimeout as delay } from 'node:timers/promises'
import type { Bed } from '../bed/bed.js'
import { linkDown, linkUp } from '../faults/link-faults.js'
import { cutBetween, lossEverywhere } from '../faults/partitions.js'
import { nowMs } from '../history/monotonic.js'
import type { PageAnswer } from '../load/browser.js'
import type { Stage } from './stage.js'

const GIVE_UP_MS = 10_000
/** For so long nobody is taken out. */
const STOPPED_MS = 2_000

interface Inspected {
  readonly multicast: Record<'sent' | 'received' | 'echoes', number>
}

function others(bed: Bed, name: string): string[] {
  return bed.life.names.filter(n => n !== name)
}

function victimOf(bed: Bed, round: number): string {
  return bed.life.names[round % bed.life.names.length]!
}

export async function killDetection(stage: Stage): Promise<void> {
  const bed = await stage.open(3)
  const timesMs: number[] = []
  const rounds = stage.rounds(30, 5)
  for (let round = 0; round < rounds; round++) {
    const victim = victimOf(bed, round)
    const sinceMs = nowMs()
    const [heard] = await Promise.all([
      stage.watch.heard('disappeared', victim, others(bed, victim), sinceMs, GIVE_UP_MS),
      bed.life.kill([victim]),
    ])
    timesMs.push(...heard.map(at => at - sinceMs))
    await bed.life.start(victim)
    await stage.whole(bed)
  }
  stage.times('kill -9 until each of the others has noticed', timesMs, { p99: 250 })
  stage.atLeast('noticed', timesMs.length, rounds * 2)
}

/** Nobody says goodbye and no connection is closed: every packet vanishes, or the link goes down. */
export async function silentDeath(stage: Stage): Promise<void> {
  const bed = await stage.open(3)
  const timesMs: number[] = []
  const rounds = stage.rounds(12, 3)
  for (let round = 0; round < rounds; round++) {
    const victim = victimOf(bed, round)
    const host = bed.network.host(victim)
    const isLink = round % 2 === 1
    const rules = cutBetween([victim], others(bed, victim))
    // Not in step with the heartbeats.
    await delay((round * 137) % 500)
    const sinceMs = nowMs()
    await (isLink ? linkDown(host) : bed.filter.add(rules))
    const heard = await stage.watch.heard('disappeared', victim, others(bed, victim), sinceMs, GIVE_UP_MS)
    timesMs.push(...heard.map(at => at - sinceMs))
    await (isLink ? linkUp(host) : bed.filter.remove(rules))
    await stage.whole(bed)
  }
  stage.times('silent death until each of the others has noticed', timesMs, { p50: 2_500, p99: 4_000 })
  stage.atLeast('noticed', timesMs.length, rounds * 2)
}

export async function shortStops(stage: Stage): Promise<void> {
  const bed = await stage.open(3)
  const beganMs = nowMs()
  const rounds = stage.rounds(20, 4)
  for (let round = 0; round < rounds; round++) {
    const victim = victimOf(bed, round)
    bed.life.pause(victim)
    await delay(STOPPED_MS)
    bed.life.resume(victim)
    await delay(700)
  }
  await stage.whole(bed)
  const stops = stage.watch.of('starved').filter(({ ms }) => ms > STOPPED_MS / 2)
  stage.atLeast('stops that were felt', stops.length, rounds)
  stage.atMost(`members taken out in ${rounds} stops of 2 s`, stage.watch.exclusions(beganMs).length, 0)
}

export async function heartbeatLoss(stage: Stage): Promise<void> {
  const bed = await stage.open(3)
  const beganMs = nowMs()
  const seconds = stage.rounds(40, 10)
  const before = await heartbeats(bed)
  await bed.filter.add(lossEverywhere(bed.life.names, 30, 'udp'))
  await delay(seconds * 1000)
  const after = await heartbeats(bed)
  const owed = (after.sent - before.sent) * (bed.life.names.length - 1)
  stage.atLeast('heartbeats that were lost, percent', 100 * (1 - (after.heard - before.heard) / owed), 15)
  stage.atMost(`members taken out in ${seconds} s of 30 % heartbeat loss`, stage.watch.exclusions(beganMs).length, 0)
}

/** Of all together. What comes back to its sender is heard by nobody. */
async function heartbeats({ life }: Bed): Promise<{ sent: number; heard: number }> {
  const figures = await Promise.all(life.running.map(process => process.ask<Inspected>('inspect')))
  return {
    sent: figures.reduce((sum, { multicast }) => sum + multicast.sent, 0),
    heard: figures.reduce((sum, { multicast }) => sum + multicast.received - multicast.echoes, 0),
  }
}

/** Stopped for so long that the others have gone on without it: it must not answer from what it remembers. */
export async function wakeUp(stage: Stage): Promise<void> {
  const bed = await stage.open(3)
  const { network, life } = bed
  const [n1, n3] = [network.host('n1'), network.host('n3')]
  const backMs: number[] = []
  let old = 0
  let flagged = 0
  let answered = 0
  let version = 0
  const rounds = stage.rounds(8, 2)
  for (let round = 0; round < rounds; round++) {
    const browsers = Array.from({ length: 20 }, (_, i) => stage.browser(`c${i}`))
    for (const browser of browsers) await browser.get(n3, [{ do: 'write', name: 'cart', version: ++version }])
    await stage.whole(bed)
    const cookies = browsers.map(browser => browser.cookie!)
    life.pause('n3')
    await stage.watch.heard('disappeared', 'n3', ['n1', 'n2'], nowMs(), GIVE_UP_MS)
    const written = ++version
    const writtenMs = nowMs()
    for (const browser of browsers) await browser.get(n1, [{ do: 'write', name: 'cart', version: written }])
    // Whoever comes to n3 now does not know of the write, as another device of the same person would not.
    for (const [i, browser] of browsers.entries()) browser.cookie = cookies[i]!
    const sinceMs = nowMs()
    const asked = browsers.map(browser => browser.get(n3, []))
    life.resume('n3')
    const answers = await Promise.all(asked)
    const heard = await stage.watch.heard('added', 'n3', ['n1', 'n2'], sinceMs, GIVE_UP_MS)
    backMs.push(...heard.map(at => at - sinceMs))
    answered += answers.filter(a => a.outcome === 'ok').length
    flagged += answers.filter(a => a.isStale).length
    const unheld = stage.watch.degradedSessions(writtenMs)
    const isOwed = (a: PageAnswer) => a.outcome === 'ok' && !a.isStale && !unheld.has(a.session!)
    old += answers.filter(a => isOwed(a) && a.read?.cart !== written).length
    await stage.whole(bed)
  }
  stage.times('SIGCONT until each of the others has it back', backMs, { p99: 1_000 })
  stage.atLeast('back', backMs.length, rounds * 2)
  // What was not acknowledged as held may be known to nobody else yet.
  stage.atMost(`answers from old copies, not flagged, of ${answered} (${flagged} flagged)`, old, 0)
  stage.atLeast('answered at once', answered, rounds * 20)
}
