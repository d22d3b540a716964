import { setTimeout as delay } from 'node:timers/promises'
import type { LineCommands } from '../process/line-commands.js'
import type { Arrivals } from './arrivals.js'
import { Lanes, type SendMessage, type SendOption } from './lanes.js'

const AWAIT_TIMEOUT_MS = 10_000

/** What both ends of a pair understand, in whatever language (tomcat/TribesPeer.java has the same). */
export function peerCommands(send: SendMessage, arrivals: Arrivals): LineCommands {
  const lanes = new Lanes(send)
  return {
    send: (option, count, messages, bytes, perSecond) =>
      lanes.run({
        option: Number(option) as SendOption,
        lanes: Number(count),
        count: Number(messages),
        bytes: Number(bytes),
        perSecond: Number(perSecond),
      }),
    await: count => arrived(arrivals, Number(count)),
    figures: () => ({ ...arrivals.figures(), roundTrip: lanes.roundTrip.figures() }),
  }
}

async function arrived(arrivals: Arrivals, count: number) {
  const deadline = Date.now() + AWAIT_TIMEOUT_MS
  while (arrivals.count().received < count && Date.now() < deadline) await delay(5)
  return arrivals.count()
}
