import { typeOf } from '../message-type.js'
import type { Ledger } from './ledger.js'
import type { Parcel, Receipt } from './parcel.js'
import type { Move, Step } from './step.js'
import type { Posted } from './world-channel.js'
import { WorldLink } from './world-link.js'
import type { WorldNode } from './world-node.js'

const MANAGER_AT = 1
const NOTHING: ReadonlySet<number> = new Set()

/** Carries the messages of a world: each stays until somebody chooses that it arrives, and at most one of them fares badly. */
export class PostOffice {
  /** In which step of the world what is sent now is sent. */
  step = 0
  /** How many messages this step has sent. */
  sent = 0
  /** What goes wrong with one of the messages that this step sends. */
  fault: Move['fault']
  /** The writes that this step's commit consists of. */
  committed: ReadonlySet<number> = NOTHING
  /** What message handlers threw. */
  errors: string[] = []
  hasLost = false
  /** The managers' name on the wire. */
  wireName = 0
  readonly #nodes: readonly WorldNode[]
  readonly #links: readonly (readonly WorldLink[])[]
  #ledger: Ledger
  #lost: Receipt[] = []

  constructor(nodes: readonly WorldNode[], ledger: Ledger) {
    this.#nodes = nodes
    this.#links = nodes.map(() => nodes.map(() => new WorldLink()))
    this.#ledger = ledger
    for (const [from, node] of nodes.entries()) node.channel.posted = message => this.#posted(from, message)
  }

  /** Another world begins: nothing of the one before is under way. */
  begin(ledger: Ledger): void {
    this.#ledger = ledger
    this.errors = []
    this.hasLost = false
    this.beginStep(-1)
  }

  beginStep(step: number, fault?: Move['fault']): void {
    this.step = step
    this.sent = 0
    this.fault = fault
    this.committed = NOTHING
  }

  /** The messages that can arrive now. */
  arrivals(node: number): Step[] {
    const steps: Step[] = []
    for (let from = 0; from < this.#nodes.length; from++) {
      const { head, aside } = this.#links[from]![node]!
      if (head) steps.push({ kind: 'deliver', node, from, sentInStep: head.sentInStep, type: head.type })
      if (aside) steps.push({ kind: 'deliver-aside', node, from, sentInStep: aside.sentInStep, type: aside.type })
    }
    return steps
  }

  /** The next message in order, after the receipts before it. */
  deliver(from: number, to: number): void {
    const { parcel, receipts } = this.#links[from]![to]!.take()
    this.#settle(receipts)
    this.#receive(parcel)
  }

  /** The message that was set aside. */
  deliverAside(from: number, to: number): void {
    this.#receive(this.#links[from]![to]!.takeAside())
  }

  /** Whether a message was set aside and nothing has passed it: what happened also happens with the message merely being slow. */
  get isDelayVoid(): boolean {
    return this.#links.some(links => links.some(link => link.hasUnpassed))
  }

  /** What was set aside need not wait for another message any longer. */
  release(): void {
    for (const links of this.#links) for (const link of links) link.release()
  }

  /** Everything that is under way arrives, and everything that it gives rise to; whoever sent what was lost learns of it. */
  deliverAll(): void {
    this.#settle(this.#lost.splice(0))
    for (let isBusy = true; isBusy; ) {
      isBusy = false
      for (const [from, links] of this.#links.entries())
        for (const [to, link] of links.entries()) if (this.#deliverOne(link, from, to)) isBusy = true
    }
  }

  #deliverOne(link: WorldLink, from: number, to: number): boolean {
    const receipts = link.takeReceipts()
    this.#settle(receipts)
    if (link.head) this.deliver(from, to)
    else if (link.aside) this.deliverAside(from, to)
    else return receipts.length > 0
    this.#nodes[to]!.clock.endTurn()
    return true
  }

  #posted(from: number, { destinations, body, ...rest }: Posted): void {
    this.wireName = body.readUInt32BE(MANAGER_AT)
    const type = typeOf(body)
    const common = {
      kind: 'message',
      from,
      type,
      body,
      sentInStep: this.step,
      carries: this.#carriedBy(type, from),
    } as const
    for (const destination of destinations) {
      const to = this.#nodes.findIndex(node => node.member.id === destination.id)
      this.#send({ ...common, ...rest, to, destination, isCopy: false })
    }
  }

  #send(parcel: Parcel): void {
    const perturbation = this.fault?.message === this.sent ? this.fault.perturbation : undefined
    this.sent++
    if (perturbation === 'lost') {
      this.hasLost = true
      this.#lost.push({ kind: 'receipt', parcel, error: new Error('lost') })
    }
    this.#links[parcel.from]![parcel.to]!.send(parcel, perturbation)
  }

  /** A whole state has everything that has reached its sender; a commit has itself. */
  #carriedBy(type: string, from: number): ReadonlySet<number> {
    if (type === 'STATE') return this.#ledger.seenBy(from)
    return type === 'DELTA' || type === 'REGEN' ? this.committed : NOTHING
  }

  #receive(parcel: Parcel): void {
    const { from, to, carries, delivery } = parcel
    const target = this.#nodes[to]!
    let error: Error | undefined
    this.#ledger.learned(to, carries)
    try {
      target.channel.receive(parcel, this.#nodes[from]!.member)
    } catch (thrown) {
      error = thrown as Error
      this.errors.push(`I10: ${target.name} threw at ${parcel.type}: ${error.stack}`)
    }
    if (delivery) this.#links[to]![from]!.sendReceipt({ kind: 'receipt', parcel, error })
  }

  #settle(receipts: readonly Receipt[]): void {
    for (const { parcel, error } of receipts) {
      if (error) parcel.delivery?.failed(parcel.destination, error)
      else parcel.delivery?.accepted(parcel.destination)
    }
  }
}
