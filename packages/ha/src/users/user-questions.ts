import type { ChannelMessage, Clock, Member } from '@clowder/tribes'
import type { ClusterChannel, ClusterListener } from '../cluster-channel.js'
import type { Peers } from '../manager/peers.js'
import { textHash } from '../state/state-hash.js'
import { managerOf } from '../wire/message-codec.js'
import {
  decodeUserQuestion,
  encodeUserQuestion,
  MAX_ROWS,
  type UserQuestion,
  type UserSessionRow,
} from '../wire/user-question-codec.js'

/** A member that has not answered for so long is answered without, ms. */
const PATIENCE_MS = 1_000
/** No more questions are open at a time. */
const MAX_OPEN = 1_000

export interface UserAnswers {
  readonly rows: readonly UserSessionRow[]
  /** Everybody has answered, with all there is. */
  readonly isComplete: boolean
}

export interface UserQuestionsComponents {
  readonly clock: Clock
  readonly channel: ClusterChannel
  readonly peers: Peers
  /** This node's own answer. */
  rowsOf(user: string): readonly UserSessionRow[]
}

interface OpenQuestion {
  readonly unanswered: Set<string>
  readonly rows: UserSessionRow[]
  isComplete: boolean
  finish(): void
}

/** Asks the other members for the sessions of a user: needed where not everybody holds everything. One message to each, one answer, one second at most. */
export class UserQuestions implements ClusterListener {
  readonly #components: UserQuestionsComponents
  readonly #name: number
  readonly #open = new Map<number, OpenQuestion>()
  #last = 0

  constructor(components: UserQuestionsComponents, managerName: string) {
    this.#components = components
    this.#name = textHash(`users of ${managerName}`)
    components.channel.addChannelListener(this)
  }

  stop(): void {
    this.#components.channel.removeChannelListener(this)
    for (const question of [...this.#open.values()]) question.finish()
  }

  /** What the others have. Never rejects. */
  ask(user: string): Promise<UserAnswers> {
    const members = this.#components.peers.members()
    if (members.length === 0) return Promise.resolve({ rows: [], isComplete: true })
    if (this.#open.size >= MAX_OPEN) return Promise.resolve({ rows: [], isComplete: false })
    return new Promise(resolve => this.#ask(user, members, resolve))
  }

  accept(message: ChannelMessage): boolean {
    return managerOf(message.body) === this.#name
  }

  messageReceived({ body, source }: ChannelMessage): void {
    const message = decodeUserQuestion(body)
    if (message?.type === 'question') this.#answer(message.number, message.user, source)
    else if (message) this.#answered(message.number, message.rows, source)
  }

  #ask(user: string, members: readonly Member[], resolve: (answers: UserAnswers) => void): void {
    const number = (this.#last = (this.#last + 1) % 2 ** 32)
    const timer = this.#components.clock.setTimer(PATIENCE_MS, () => question.finish())
    const question: OpenQuestion = {
      unanswered: new Set(members.map(m => m.id)),
      rows: [],
      isComplete: true,
      finish: () => {
        timer.cancel()
        this.#open.delete(number)
        resolve({ rows: question.rows, isComplete: question.isComplete && question.unanswered.size === 0 })
      },
    }
    this.#open.set(number, question)
    this.#send(members, { type: 'question', number, user })
  }

  #answer(number: number, user: string, source: Member): void {
    const rows = this.#components.rowsOf(user).slice(0, MAX_ROWS)
    this.#send([source], { type: 'answer', number, rows })
  }

  #answered(number: number, rows: readonly UserSessionRow[], source: Member): void {
    const question = this.#open.get(number)
    if (!question?.unanswered.delete(source.id)) return
    question.rows.push(...rows)
    if (rows.length === MAX_ROWS) question.isComplete = false
    if (question.unanswered.size === 0) question.finish()
  }

  #send(to: readonly Member[], message: UserQuestion): void {
    this.#components.peers.sendBytes(to, encodeUserQuestion(this.#name, message), 'use-ack')
  }
}
