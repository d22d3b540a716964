import { type Member, memberText } from '../member.js'
import type { LocalHealth } from '../membership/local-health.js'
import type { Membership } from '../membership/membership.js'
import type { Clock, Timer } from '../ports/clock.js'
import type { Logger } from '../ports/logger.js'

export interface SilenceWatchComponents {
  readonly clock: Clock
  readonly logger: Logger
  readonly membership: Pick<Membership, 'asked' | 'check' | 'excuse' | 'heardAgoMs' | 'nextCheckMs'>
  readonly health: LocalHealth
  /** Asks over the open connection; false: there is none. */
  readonly poke: (member: Member) => boolean
  /** Asks over TCP; an answer has touched the membership list when the promise resolves. */
  readonly ask: (member: Member) => Promise<void>
  readonly suspect: (member: Member, suspicion: 'silent' | 'lost' | 'unreachable') => void
  /** Something else to do at every look. */
  readonly tick: (nowMs: number) => void
}

/**
 * Looks who has not been heard, when somebody may have become quiet. The quiet are asked at once, so that a lost heartbeat alone makes nobody a suspect;
 * whoever still gives no sign of life is suspected, then lost. After a stall of our own we listen before we judge.
 */
export class SilenceWatch {
  readonly #components: SilenceWatchComponents
  readonly #patienceMs: number
  readonly #asking = new Set<string>()
  #timer: Timer | undefined

  constructor(components: SilenceWatchComponents, options: { frequencyMs: number }) {
    this.#components = components
    this.#patienceMs = 2 * options.frequencyMs
  }

  start(): void {
    const { clock, membership, health } = this.#components
    const nowMs = clock.now()
    const delayMs = membership.nextCheckMs(nowMs, health.multiplier(nowMs))
    this.#timer = clock.setTimer(delayMs, () => {
      this.#look(nowMs + delayMs, clock.now())
      if (this.#timer) this.start()
    })
  }

  stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #look(dueAtMs: number, nowMs: number): void {
    const { membership, health, logger, tick } = this.#components
    const stallMs = health.ran(dueAtMs, nowMs)
    if (stallMs > 0) {
      logger.debug({ stallMs }, `This process stood still for ${Math.round(stallMs)} ms: it listens before it judges.`)
      membership.excuse(stallMs, nowMs)
    }
    const report = membership.check(nowMs, health.multiplier(nowMs))
    for (const member of report.quiet) this.#askQuiet(member, nowMs)
    if (!health.isListening(nowMs)) this.#accuse(report)
    tick(nowMs)
  }

  #accuse({ suspect, lost, unreachable }: ReturnType<Membership['check']>): void {
    for (const member of suspect) this.#components.suspect(member, 'silent')
    for (const member of lost) this.#components.suspect(member, 'lost')
    for (const member of unreachable) this.#components.suspect(member, 'unreachable')
  }

  #askQuiet(member: Member, nowMs: number): void {
    const { membership, poke } = this.#components
    if (poke(member)) membership.asked(member.id, nowMs)
    else if (membership.heardAgoMs(member.id, nowMs)! >= this.#patienceMs) this.#askAnew(member)
  }

  /** There is no connection, and it may be at rest: a heartbeat that is lost is no reason to wake it. */
  #askAnew(member: Member): void {
    if (this.#asking.has(member.id)) return
    this.#asking.add(member.id)
    this.#components
      .ask(member)
      .catch(error =>
        this.#components.logger.debug({ member, err: error }, `A quiet member did not answer:[${memberText(member)}]`),
      )
      .finally(() => this.#asking.delete(member.id))
  }
}
