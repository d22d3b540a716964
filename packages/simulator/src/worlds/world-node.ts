import {
  DeltaManager,
  type DeltaManagerOptions,
  type DeltaSession,
  deltaManagerDefaults,
  type SessionEvents,
} from '@clowder/ha'
import { ByteReader, ByteWriter, type Logger, type Member, member } from '@clowder/tribes'
import { SeededRandom } from '../seeded-random.js'
import { numberCodec } from './number-codec.js'
import { nodeName } from './operation.js'
import { WorldChannel } from './world-channel.js'
import { WorldClock } from './world-clock.js'

/** Somebody who is no member and asks a node for its copies. */
const PROBE = member({
  uniqueId: Buffer.alloc(16, 0xee),
  host: 'probe',
  port: 1,
  name: 'probe',
  domain: '',
  payload: Buffer.alloc(0),
  aliveMs: 0,
})
const HA_NAMESPACE = 0x48
const PULL = 4
const STATE = 3
const PROBE_EXCHANGE = 0x8000_0000

type Event<Name extends keyof SessionEvents> = Parameters<SessionEvents[Name]>[0]

/** What a node told its application, in order. */
export interface Told {
  readonly name: keyof SessionEvents
  readonly id: string
  readonly local: boolean
  /** Of a conflict: which attribute, and its two values; undefined: removed. */
  readonly conflict?: { readonly name: string; readonly kept: number | undefined; readonly dropped: number | undefined }
}

/** A copy as its node would send it. */
export interface Probed {
  readonly idleMs: number
  /** The canonical state, as hexadecimal digits. */
  readonly state: string
}

/** A real DeltaManager, on a clock that stands still and a channel that keeps every message until it is told to deliver it. */
export class WorldNode {
  readonly name: string
  readonly clock: WorldClock
  readonly channel: WorldChannel
  readonly manager: DeltaManager
  /** Lines logged as errors, and what message handlers threw. */
  readonly errors: string[] = []
  told: Told[] = []

  constructor(index: number, skewMs: number, options: Partial<DeltaManagerOptions>) {
    this.name = nodeName(index)
    this.clock = new WorldClock(skewMs)
    this.channel = new WorldChannel(
      member({
        uniqueId: Buffer.alloc(16, index + 1),
        host: '127.0.0.1',
        port: 4000 + index,
        name: this.name,
        domain: '',
        payload: Buffer.alloc(0),
        aliveMs: 0,
      }),
    )
    this.manager = new DeltaManager(
      {
        clock: this.clock,
        random: new SeededRandom(index + 1),
        logger: this.#logger(),
        codec: numberCodec,
        channel: this.channel,
      },
      { ...deltaManagerDefaults, ...options },
    )
    this.#listen()
  }

  get member(): Member {
    return this.channel.localMember()
  }

  /** The session of this id for one request, or where it stands. */
  find(id: string): DeltaSession | 'unknown' | 'dead' | 'behind' {
    const found = this.manager.findSession(id)
    return found.kind === 'here' ? found.session : found.kind
  }

  /** A copy that waits for something does not claim to cover what its own client has seen. */
  hasGap(id: string): boolean {
    const session = this.find(id)
    return typeof session === 'object' && this.manager.findSession(id, session.token).kind === 'behind'
  }

  /** What was told of earlier worlds. */
  forget(): void {
    this.told = []
    this.errors.length = 0
  }

  /** Whether this node's application has been told of the session. */
  hasHeardOf(id: string): boolean {
    return this.told.some(told => told.id === id)
  }

  /** Its copy as it would send it: undefined when it has none. `manager`: its name on the wire. */
  probe(id: string, manager: number): Probed | undefined {
    const question = new ByteWriter(64).u8(HA_NAMESPACE).u32(manager).u8(PULL).u32(PROBE_EXCHANGE).text(id)
    const body = question.varint(Number.MAX_SAFE_INTEGER).varint(0).take()
    const { posted } = this.channel
    let answer: Buffer | undefined
    this.channel.posted = message => {
      answer = message.body
    }
    this.channel.receive({ body, number: 1, guarantee: 'asynchronous' }, PROBE)
    this.channel.posted = posted
    return answer?.[5] === STATE ? readAnswer(answer) : undefined
  }

  #logger(): Logger {
    const silent = () => {}
    return {
      debug: silent,
      info: silent,
      warn: silent,
      error: (fields, message) => void this.errors.push(`${message} ${causeOf(fields)}`),
    }
  }

  #listen(): void {
    const { events } = this.manager
    const simple = [
      'sessionCreated',
      'sessionDestroyed',
      'sessionExpired',
      'sessionIdChanged',
      'attributeChanged',
    ] as const
    for (const name of simple)
      events.on(name, ({ id, local }: Event<typeof name>) => void this.told.push({ name, id, local }))
    events.on('conflict', ({ id, local, name, kept, dropped }) => {
      const conflict = { name, kept: kept() as number | undefined, dropped: dropped() as number | undefined }
      this.told.push({ name: 'conflict', id, local, conflict })
    })
  }
}

const DEAD_OF_KNOWN = 3
/** Kind, reason, stamp. */
const DEAD_BYTES = 10

function readAnswer(body: Buffer): Probed {
  const input = new ByteReader(body)
  input.raw(10)
  input.varint()
  input.text()
  return { idleMs: input.varint(), state: stateText(input.raw(input.remaining)) }
}

/** What must be equal everywhere: of a dead session not whether its creation was seen here. */
function stateText(bytes: Uint8Array): string {
  const [kind] = bytes
  const told = kind === DEAD_OF_KNOWN ? [1, ...bytes.subarray(1, DEAD_BYTES)] : bytes
  return Buffer.from(told).toString('hex')
}

function causeOf(fields: object): string {
  return 'err' in fields ? String(fields.err) : ''
}
