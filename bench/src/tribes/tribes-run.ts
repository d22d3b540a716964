import { CpuTime } from '../process/cpu-time.js'
import type { ArrivalCount, ArrivalFigures } from './arrivals.js'
import type { SendOption, SendOutcome } from './lanes.js'
import type { LatencyFigures } from './latencies.js'
import type { Pair } from './systems.js'

export interface TribesCase {
  readonly option: SendOption
  readonly lanes: number
}

/** One measurement of one system. */
export interface TribesRun {
  readonly sent: number
  readonly failures: number
  readonly lost: number
  readonly outOfOrder: number
  readonly perSecond: number
  /** Both processes. */
  readonly cpuSecondsPer100k: number
  readonly cpuSecondsPer100kOf: { readonly sender: number; readonly receiver: number }
  readonly oneWay: LatencyFigures
  readonly roundTrip: LatencyFigures
}

const MESSAGE_BYTES = 1024

/** From the first message to the last one's acknowledgement, or to its arrival where nothing is acknowledged. CPU is read before figures are sorted. */
export async function tribesRun(pair: Pair, { option, lanes }: TribesCase, count: number): Promise<TribesRun> {
  const { sender, receiver } = pair
  const cpu = new CpuTime([sender.pid, receiver.pid])
  const out = await sender.ask<SendOutcome>(`send ${option} ${lanes} ${count} ${MESSAGE_BYTES}`)
  const arrived = await receiver.ask<ArrivalCount>(`await ${out.sent - out.failures}`)
  const [senderSeconds = 0, receiverSeconds = 0] = cpu.secondsSince()
  const per100k = (seconds: number) => (seconds / out.sent) * 100_000
  const { roundTrip } = await sender.ask<{ roundTrip: LatencyFigures }>('figures')
  const { outOfOrder, oneWay } = await receiver.ask<ArrivalFigures>('figures')
  const untilUs = option === 8 ? arrived.lastAtUs : out.finishedAtUs
  return {
    sent: out.sent,
    failures: out.failures,
    lost: out.sent - out.failures - arrived.received,
    outOfOrder,
    perSecond: arrived.received / ((untilUs - out.startedAtUs) / 1e6),
    cpuSecondsPer100k: per100k(senderSeconds + receiverSeconds),
    cpuSecondsPer100kOf: { sender: per100k(senderSeconds), receiver: per100k(receiverSeconds) },
    oneWay,
    roundTrip,
  }
}
