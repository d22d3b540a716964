import { AckTimeoutError, type Clock, type FaultyMember, type Member } from '@clowder/tribes'
import type { Message } from '../wire/message.js'
import { copiesNotIn, rowsNotIn } from './bucket-rows.js'
import { sameHash } from './digest.js'
import type { Answer, Steps } from './exchange.js'
import type { Done, ExchangeLine, ExchangeLineComponents } from './exchange-line.js'
import { LastWords } from './last-words.js'
import { OpenAnswers } from './open-answers.js'
import type { SharedKnowledge } from './shared-knowledge.js'
import type { Slices } from './slices.js'
import { Withheld } from './withheld.js'

export interface AnswersComponents extends ExchangeLineComponents {
  readonly clock: Clock
  readonly line: ExchangeLine
  readonly knowledge: SharedKnowledge
  readonly slices: Slices
}

type DigestMessage = Extract<Message, { type: 'DIGEST' }>
type StepMessage = Extract<Message, { type: 'BUCKETS' | 'WANT' }>
type ListMessage = Extract<Message, { type: 'LIST' }>

/** The exchanges that other members have opened: see `AntiEntropy`. */
export class Answers {
  readonly #components: AnswersComponents
  readonly #open = new OpenAnswers()
  readonly #whole = new Map<string, { readonly exchange: number; readonly steps: Steps }>()
  readonly #lastWords: LastWords

  constructor(components: AnswersComponents) {
    this.#components = components
    this.#lastWords = new LastWords(components)
  }

  get size(): number {
    return this.#open.size
  }

  /**
   * Equal roots end it here; otherwise the opener learns which buckets to compare. A node that is joining does not compare with one that
   * has joined, unless that one is about to leave: it asks for a share itself, and would get every session from every member otherwise.
   */
  answer(message: DigestMessage, source: Member): void {
    const { absences, line, peers, slices } = this.#components
    line.counts.answered++
    // Of somebody who is no member, or no more, nobody would say when that is over.
    if (peers.isMember(source)) absences.viewHeard(source, message.view === peers.view)
    slices.run(this.#answering(message, source))
  }

  *#answering(message: DigestMessage, source: Member): Generator<void> {
    const { exchange, share, shares, asksWhoIsGone } = message
    const { absences, clock, knowledge, line, placement, replicas } = this.#components
    if (asksWhoIsGone && shares === 1) yield* this.tellingExpired(source)
    const isAskingItself = message.isReady && !line.isReady && !absences.isLeaving(source)
    const isEqual = !isAskingItself && sameHash(message.root, line.rootFor(source, share, shares))
    if (isEqual && shares === 1) this.#completed(source, exchange, { open: 0, lost: 0 })
    if (isAskingItself || isEqual) return this.#end(source, { exchange, sent: 0, ...knowledge.now(asksWhoIsGone) })
    line.counts.differed++
    const { memory } = knowledge.now(false)
    const stream = line.newStream(source, exchange, {
      ended: sent => this.#answered(source, exchange, sent),
      leftOut: copy => answer.withheld?.add(copy),
    })
    const lastProgressMs = clock.now()
    // A share is not the whole table.
    const steps = { open: 0, lost: shares === 1 ? 0 : 1 }
    const answer: Answer = { stream, memory, steps, withheld: undefined, lastProgressMs }
    this.#open.add(source.id, exchange, answer)
    const buckets = replicas.table.digest.buckets(share, shares, placement.sharedWith(source))
    this.#step({ type: 'BUCKETS', exchange, buckets }, source, answer)
  }

  /** One that cannot be delivered is the end of it. Who is slow is given its time, but what is lost by that nobody knows. */
  #step(message: StepMessage, source: Member, answer: Answer): void {
    const { steps, stream } = answer
    const { exchange } = message
    steps.open++
    const memberAccepted = () => void steps.open--
    const memberFailed = ({ cause }: FaultyMember) => {
      steps.lost++
      if (this.#open.get(source.id, exchange) !== answer || cause instanceof AckTimeoutError) return
      stream.cancel()
      this.#answered(source, exchange, undefined)
    }
    this.#components.line.send(source, message, { memberAccepted, memberFailed })
  }

  /** Of each member the latest. */
  #completed(source: Member, exchange: number, steps: Steps): void {
    if (this.#components.peers.isMember(source)) this.#whole.set(source.id, { exchange, steps })
  }

  /** Whether the member, which had opened it, has heard in this exchange all that there was to say of the whole table. */
  hasCompleted({ id }: Member, exchange: number): boolean {
    const last = this.#whole.get(id)
    return last?.exchange === exchange && last.steps.open + last.steps.lost === 0
  }

  /** What has expired and what is about to: looked for in slices. `told` is called then. */
  *tellingExpired(target: Member, told = () => {}): Generator<void> {
    const { knowledge, line } = this.#components
    const expiring: string[] = []
    for (const ids of knowledge.expiring()) {
      expiring.push(...ids)
      yield
    }
    line.tellExpired(target, expiring)
    told()
  }

  /** Sends what the opener lacks and asks for what this node lacks itself. */
  compare(list: ListMessage, source: Member): void {
    const answer = this.#open.get(source.id, list.exchange)
    if (answer) this.#components.slices.run(this.#comparing(answer, list, source))
  }

  *#comparing(answer: Answer, { exchange, lists, isLast, known }: ListMessage, source: Member): Generator<void> {
    const { clock, replicas } = this.#components
    const wanted = yield* rowsNotIn(replicas.table, lists)
    answer.lastProgressMs = clock.now()
    if (this.#open.get(source.id, exchange) !== answer) return
    if (wanted.length > 0) this.#step({ type: 'WANT', exchange, buckets: wanted }, source, answer)
    // It may have failed at once.
    if (this.#open.get(source.id, exchange) !== answer) return
    const withheld = (answer.withheld ??= new Withheld(known))
    answer.stream.append(copiesNotIn(replicas.table, lists, clock, copy => withheld.add(copy)))
    if (isLast) answer.stream.close()
  }

  /**
   * After a stream that broke off the opener learns that it does not have all that is here, and asks again or asks
   * another.
   */
  #answered(source: Member, exchange: number, sent: number | undefined): void {
    const answer = this.#open.get(source.id, exchange)
    if (!answer) return
    const { memory: known, steps, withheld } = answer
    this.#open.done(source.id, exchange)
    const departures = this.#components.knowledge.whoIsGone()
    if (sent === undefined) return this.#end(source, { exchange, sent: 0, memory: known, departures, isReady: false })
    this.#completed(source, exchange, steps)
    const memory = withheld?.without(known) ?? known
    this.#end(source, { exchange, sent, memory, departures })
  }

  #end(target: Member, what: Done): void {
    const say = () => this.#components.line.sendDone(target, what, this.#lastWords.observer(target, say))
    say()
  }

  /** Messages to it were refused while it could not keep up. */
  memberCaughtUp(member: Member): void {
    this.#lastWords.memberCaughtUp(member)
  }

  memberDisappeared(member: Member): void {
    this.#lastWords.forget(member)
    this.#whole.delete(member.id)
    this.#open.dropOf(member.id)
  }

  /** Those of which nothing has come or gone since then. */
  giveUp(sinceMs: number): void {
    this.#open.dropStalled(sinceMs)
  }

  stop(): void {
    this.#open.dropAll()
  }
}
