import { ByteReader, ByteWriter, type ChannelMessage, type Clock, type Member } from '@clowder/tribes'
import type { ClusterChannel, ClusterListener } from '../cluster-channel.js'
import type { Peers } from '../manager/peers.js'
import type { Stamp } from '../state/hybrid-clock.js'
import { readCount, readStamp, readText } from '../state/packed-state.js'
import { textHash } from '../state/state-hash.js'
import { HA_NAMESPACE, MAX_ID_BYTES, managerOf } from '../wire/message-codec.js'

// u8 0x48 · u32 name · u8 0 · u32 question · text user
// u8 0x48 · u32 name · u8 1 · u32 question · n × (text id · u64 since · u48 creation, epoch ms · varint idle ms)

const QUESTION = 0
const ANSWER = 1
const HEADER_BYTES = 5
/** A member that has not answered for so long is answered without, ms. */
const PATIENCE_MS = 1_000
/** No answer is longer, and no more questions are open at a time. */
const MAX_ROWS = 1_000
const MAX_OPEN = 1_000

/** One session as a list of a user's sessions has it. */
export interface UserSessionRow {
  readonly id: string
  readonly since: Stamp
  /** Epoch milliseconds. */
  readonly createdAtMs: number
  readonly idleMs: number
}

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
    const input = new ByteReader(body)
    input.raw(HEADER_BYTES)
    const kind = input.u8()
    const number = input.u32()
    if (kind === QUESTION) this.#answer(number, readText(input, MAX_ID_BYTES), source)
    else this.#answered(number, readRows(input), source)
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
    this.#send(members, this.#header(QUESTION, number).text(user))
  }

  #answer(number: number, user: string, source: Member): void {
    const rows = this.#components.rowsOf(user).slice(0, MAX_ROWS)
    const out = this.#header(ANSWER, number).varint(rows.length)
    for (const { id, since, createdAtMs, idleMs } of rows) out.text(id).u64(since).u48(createdAtMs).varint(idleMs)
    this.#send([source], out)
  }

  #answered(number: number, rows: readonly UserSessionRow[], source: Member): void {
    const question = this.#open.get(number)
    if (!question?.unanswered.delete(source.id)) return
    question.rows.push(...rows)
    if (rows.length === MAX_ROWS) question.isComplete = false
    if (question.unanswered.size === 0) question.finish()
  }

  #header(kind: number, number: number): ByteWriter {
    return new ByteWriter(256).u8(HA_NAMESPACE).u32(this.#name).u8(kind).u32(number)
  }

  #send(to: readonly Member[], out: ByteWriter): void {
    this.#components.peers.sendBytes(to, out.take(), 'use-ack')
  }
}

function readRows(input: ByteReader): UserSessionRow[] {
  const rows: UserSessionRow[] = []
  for (let n = readCount(input, MAX_ROWS); n > 0; n--) {
    const id = readText(input, MAX_ID_BYTES)
    rows.push({ id, since: readStamp(input), createdAtMs: input.u48(), idleMs: input.varint() })
  }
  input.end()
  return rows
}
