import { CpuTime } from '../process/cpu-time.js'
import type { ArrivalCount, ArrivalFigures } from './arrivals.js'
import type { SendOption, SendOutcome } from './lanes.js'
import type { LatencyFigures } from './latencies.js'
import type { Group } from './systems.js'

export interface TribesCase {
  readonly option: SendOption
  readonly lanes: number
  readonly bytes: number
  /** Processes: one sends to all others. */
  readonly members: number
  /** Evenly; absent: as fast as it goes. */
  readonly perSecond?: number
}

/** One measurement of one system. */
export interface TribesRun {
  readonly sent: number
  readonly failures: number
  readonly lost: number
  readonly outOfOrder: number
  readonly perSecond: number
  /** All processes. */
  readonly cpuSecondsPer100k: number
  readonly cpuSecondsPer100kOf: { readonly sender: number; readonly receiver: number }
  readonly oneWay: LatencyFigures
  readonly roundTrip: LatencyFigures
}

/** From the first message to the last one's acknowledgement, or to its arrival where nothing is acknowledged. CPU is read before figures are sorted. */
export async function tribesRun(group: Group, one: TribesCase, count: number): Promise<TribesRun> {
  const { sender, receivers } = group
  const { option, lanes, bytes, perSecond } = one
  const cpu = new CpuTime([sender, ...receivers].map(({ pid }) => pid))
  const out = await sender.ask<SendOutcome>(`send ${option} ${lanes} ${count} ${bytes} ${perSecond ?? 0}`)
  const arrivals = await Promise.all(receivers.map(one => one.ask<ArrivalCount>(`await ${out.sent - out.failures}`)))
  const [senderSeconds = 0, ...receiverSeconds] = cpu.secondsSince()
  const receiverSum = receiverSeconds.reduce((sum, seconds) => sum + seconds, 0)
  const per100k = (seconds: number) => (seconds / out.sent) * 100_000
  const { roundTrip } = await sender.ask<{ roundTrip: LatencyFigures }>('figures')
  const figures = await Promise.all(receivers.map(one => one.ask<ArrivalFigures>('figures')))
  const received = Math.min(...arrivals.map(arrived => arrived.received))
  const untilUs = option === 8 ? Math.max(...arrivals.map(({ lastAtUs }) => lastAtUs)) : out.finishedAtUs
  return {
    sent: out.sent,
    failures: out.failures,
    lost: arrivals.reduce((sum, arrived) => sum + out.sent - out.failures - arrived.received, 0),
    outOfOrder: figures.reduce((sum, { outOfOrder }) => sum + outOfOrder, 0),
    perSecond: received / ((untilUs - out.startedAtUs) / 1e6),
    cpuSecondsPer100k: per100k(senderSeconds + receiverSum),
    cpuSecondsPer100kOf: { sender: per100k(senderSeconds), receiver: per100k(receiverSum) },
    oneWay: figures[0]!.oneWay,
    roundTrip,
  }
}
