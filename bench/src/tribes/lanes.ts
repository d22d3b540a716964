import { monotonicUs } from '../process/monotonic.js'
import { Latencies } from './latencies.js'
import { newBody } from './message-body.js'

/** Tomcat's option bits: 8 asynchronous, 2 use-ack, 6 synchronized-ack. */
export type SendOption = 8 | 2 | 6

/** Sends one message; `settled` comes once, when the option's promise is kept or broken. */
export type SendMessage = (body: Buffer, option: SendOption, settled: (isAccepted: boolean) => void) => void

interface SendRun {
  readonly option: SendOption
  readonly lanes: number
  readonly count: number
  readonly bytes: number
  /** Evenly; 0: as fast as it goes. */
  readonly perSecond: number
}

export interface SendOutcome {
  readonly startedAtUs: number
  readonly finishedAtUs: number
  readonly sent: number
  readonly failures: number
}

/** Asynchronous messages that may wait for the socket. */
const MAX_UNSETTLED = 1024

/**
 * The sending side. With an acknowledgement a lane has one message under way and sends the next when it is settled. Asynchronous messages wait for
 * nothing: each turn of the event loop sends one per lane, as requests that end in the same turn would, as long as the socket keeps up.
 */
export class Lanes {
  readonly roundTrip = new Latencies()
  readonly #send: SendMessage

  constructor(send: SendMessage) {
    this.#send = send
  }

  async run(run: SendRun): Promise<SendOutcome> {
    const share = Math.floor(run.count / run.lanes)
    const startedAtUs = monotonicUs()
    const failures = await this.#sent(run, share)
    return { startedAtUs, finishedAtUs: monotonicUs(), sent: share * run.lanes, failures }
  }

  #sent(run: SendRun, share: number): Promise<number> {
    if (run.perSecond > 0) return this.#paced(run)
    return run.option === 8 ? this.#everyTurn(run, share) : this.#oneByOne(run, share)
  }

  /** What is due leaves once a millisecond, whether what went before it has been settled or not. */
  #paced({ option, count, bytes, perSecond }: SendRun): Promise<number> {
    const startedAtUs = monotonicUs()
    let sequence = 0
    let open = count
    let failures = 0
    return new Promise(resolve => {
      const send = (sentAtUs: number) => {
        this.#send(newBody(bytes, 0, sequence++), option, isAccepted => {
          this.roundTrip.add(monotonicUs() - sentAtUs)
          if (!isAccepted) failures++
          if (--open === 0) resolve(failures)
        })
      }
      const timer = setInterval(() => {
        const nowUs = monotonicUs()
        while (sequence < count && sequence <= ((nowUs - startedAtUs) / 1e6) * perSecond) send(nowUs)
        if (sequence === count) clearInterval(timer)
      }, 1)
    })
  }

  #oneByOne({ option, lanes, bytes }: SendRun, share: number): Promise<number> {
    let open = share * lanes
    let failures = 0
    return new Promise(resolve => {
      const next = (lane: number, sequence: number) => {
        const sentAtUs = monotonicUs()
        this.#send(newBody(bytes, lane, sequence), option, isAccepted => {
          this.roundTrip.add(monotonicUs() - sentAtUs)
          if (!isAccepted) failures++
          if (--open === 0) resolve(failures)
          else if (sequence + 1 < share) next(lane, sequence + 1)
        })
      }
      for (let lane = 0; lane < lanes; lane++) next(lane, 0)
    })
  }

  #everyTurn({ option, lanes, bytes }: SendRun, share: number): Promise<number> {
    let failures = 0
    let sequence = 0
    let unsettled = 0
    return new Promise(resolve => {
      const settled = (isAccepted: boolean) => {
        unsettled--
        if (!isAccepted) failures++
      }
      const turn = () => {
        if (sequence === share && unsettled === 0) return resolve(failures)
        if (sequence < share && unsettled < MAX_UNSETTLED) {
          unsettled += lanes
          for (let lane = 0; lane < lanes; lane++) this.#send(newBody(bytes, lane, sequence), option, settled)
          sequence++
        }
        setImmediate(turn)
      }
      turn()
    })
  }
}
