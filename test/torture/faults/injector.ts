import { setMaxListeners } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import type { HistoryRecorder } from '../history/history-recorder.js'
import type { Balancer } from '../load/balancer.js'
import type { LabNetwork } from '../network/lab-network.js'
import type { FilterRule, PacketFilter } from '../network/packet-filter.js'
import type { ClusterLife } from '../node/cluster-life.js'
import type { Fault, FaultDeed } from './fault.js'
import { linkDown, linkUp, slowDown, speedUp } from './link-faults.js'
import type { Relays } from './relays.js'

export interface InjectorComponents {
  readonly network: LabNetwork
  readonly filter: PacketFilter
  readonly relays: Relays
  readonly life: ClusterLife
  readonly balancer: Balancer
  readonly history: HistoryRecorder
}

/** How long requests under way get after a node was taken out of the balancer. */
const DRAIN_MS = 300

/** Does faults and ends them. Several may be at work at a time, also on one node: what cannot be done to a dead process is left out. */
export class Injector {
  readonly #components: InjectorComponents
  readonly #underWay: Promise<void>[] = []
  readonly #healed = new AbortController()

  constructor(components: InjectorComponents) {
    this.#components = components
    setMaxListeners(0, this.#healed.signal)
  }

  begin(fault: Fault): void {
    const done = this.#do(fault)
    this.#underWay.push(done)
    // Whoever heals hears of it.
    done.catch(() => {})
  }

  /** Ends every fault early and brings back every process. Resolves when nothing is at work any more; rejects when a fault could not be done. */
  async heal(): Promise<void> {
    const { life, filter } = this.#components
    this.#healed.abort()
    // All of them, also when one has failed: nothing may be done any more when this rejects.
    await Promise.allSettled(this.#underWay)
    await Promise.all(this.#underWay)
    await filter.clear()
    for (const name of life.names) {
      life.resume(name)
      await this.#revive(name)
    }
  }

  async #do(fault: Fault): Promise<void> {
    const { history } = this.#components
    const { fault: kind, what, lastsMs, deed } = fault
    history.add({ kind: 'fault', fault: kind, what })
    await this.#perform(deed, lastsMs)
    history.add({ kind: 'fault', fault: kind, what, isOver: true })
  }

  #perform(deed: FaultDeed, lastsMs: number): Promise<void> {
    const { life, network, relays } = this.#components
    switch (deed.do) {
      case 'kill':
        return this.#kill(deed.nodes, lastsMs)
      case 'terminate':
        return this.#terminate(deed.nodes, deed.isAnnounced, lastsMs)
      case 'pause':
        return this.#between(
          lastsMs,
          () => life.pause(deed.node),
          () => life.resume(deed.node),
        )
      case 'stall':
        return life.stall(deed.node, deed.ms)
      case 'clock':
        return this.#jumpClock(deed.node, deed.shiftMs, lastsMs)
      case 'filter':
        return deed.flapMs === undefined
          ? this.#filter(deed.rules, lastsMs)
          : this.#flap(deed.rules, deed.flapMs, lastsMs)
      case 'slow':
        return this.#between(
          lastsMs,
          () => slowDown(network.host(deed.node)),
          () => speedUp(network.host(deed.node)),
        )
      case 'link-down':
        return this.#between(
          lastsMs,
          () => linkDown(network.host(deed.node)),
          () => linkUp(network.host(deed.node)),
        )
      case 'relay':
        return this.#between(
          lastsMs,
          () => relays.put(deed.node, deed.weather),
          () => relays.take(deed.node),
        )
    }
  }

  async #kill(names: readonly string[], lastsMs: number): Promise<void> {
    await this.#components.life.kill(names)
    await this.#wait(lastsMs)
    await Promise.all(names.map(name => this.#revive(name)))
  }

  async #terminate(names: readonly string[], isAnnounced: boolean, lastsMs: number): Promise<void> {
    const { life, balancer, history } = this.#components
    for (const name of names) {
      if (this.#healed.signal.aborted || !life.process(name)?.isRunning) continue
      const { incarnation } = life.process(name)!
      if (isAnnounced) {
        balancer.takeOut(name)
        await delay(DRAIN_MS)
      }
      if (!(await life.terminate(name)))
        history.add({
          kind: 'trouble',
          node: name,
          incarnation,
          trouble: 'uncaught',
          what: 'SIGTERM did not end it well',
        })
      await this.#wait(lastsMs)
      await this.#revive(name)
      balancer.putBack(name)
    }
  }

  /** By so much from where it is: another fault may move it meanwhile, and be over before this one. */
  async #jumpClock(name: string, shiftMs: number, lastsMs: number): Promise<void> {
    const { life } = this.#components
    const jump = (ms: number) => life.shiftClock(name, life.wallShiftMs(name) + ms)
    await this.#between(
      lastsMs,
      () => jump(shiftMs),
      () => jump(-shiftMs),
    )
  }

  #filter(rules: readonly FilterRule[], lastsMs: number): Promise<void> {
    const { filter } = this.#components
    return this.#between(
      lastsMs,
      () => filter.add(rules),
      () => filter.remove(rules),
    )
  }

  async #flap(rules: readonly FilterRule[], flapMs: number, lastsMs: number): Promise<void> {
    for (let leftMs = lastsMs; leftMs > 0 && !this.#healed.signal.aborted; leftMs -= 2 * flapMs) {
      await this.#filter(rules, flapMs)
      await this.#wait(flapMs)
    }
  }

  async #between(lastsMs: number, begin: () => unknown, end: () => unknown): Promise<void> {
    await begin()
    await this.#wait(lastsMs)
    await end()
  }

  /** Ends early when everything is to heal. */
  async #wait(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.#healed.signal }).catch(() => {})
  }

  /** Another process takes the place of a dead one. Of two faults that kill the same node the first to end does it. */
  async #revive(name: string): Promise<void> {
    const { life } = this.#components
    if (life.process(name)?.hasExited) await life.start(name).catch(error => this.#couldNotStart(name, error))
  }

  /** Killed again while it started: whoever killed it brings it back. */
  #couldNotStart(name: string, error: Error): void {
    const process = this.#components.life.process(name)
    if (process?.hasExited && /ended: SIG/.test(error.message)) return
    throw error
  }
}
