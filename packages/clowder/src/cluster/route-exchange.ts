import type { ClusterChannel, ClusterListener, ClusterMembershipListener } from '@clowder/ha'
import type { RouteVerdict, WritingRoutes } from '@clowder/http'
import { ByteReader, ByteWriter, type ChannelMessage, type Logger, type Member } from '@clowder/tribes'

// u8 0x57 · text application · n × (u8 is writing · text route · text shape)

const ROUTES_NAMESPACE = 0x57
const MAX_TEXT_BYTES = 256
/** So many fit the smallest `receiver.maxFrameBytes` that can be configured. */
const MAX_VERDICTS = 100

export interface RouteExchangeComponents {
  readonly channel: ClusterChannel
  readonly routes: WritingRoutes
  readonly logger: Logger
}

/**
 * With `valve.lock.mode` 'auto': what one member has learned of the routes of an application the others hear, when it learns it, and whoever comes. It is a hint, so nothing is repeated:
 * who has not heard it learns by himself, and who has heard wrong takes a lock late.
 */
export class RouteExchange implements ClusterListener, ClusterMembershipListener {
  readonly #components: RouteExchangeComponents
  readonly #application: string
  readonly #head: Buffer

  constructor(components: RouteExchangeComponents, application: string) {
    this.#components = components
    this.#application = application
    this.#head = Buffer.from(encodeVerdicts(application, []))
    components.routes.onVerdict = verdict => this.#post(components.channel.members(), [verdict])
    components.channel.addChannelListener(this)
    components.channel.addMembershipListener(this)
  }

  accept({ body }: ChannelMessage): boolean {
    return this.#head.equals(body.subarray(0, this.#head.length))
  }

  messageReceived({ body }: ChannelMessage): void {
    for (const verdict of decodeVerdicts(body)) this.#components.routes.hear(verdict)
  }

  memberAdded(member: Member): void {
    this.#post([member], this.#components.routes.verdicts())
  }

  memberDisappeared(): void {}

  #post(members: readonly Member[], verdicts: readonly RouteVerdict[]): void {
    const told = verdicts.filter(({ route, shape }) => isShort(route) && isShort(shape))
    if (members.length === 0) return
    for (let i = 0; i < told.length; i += MAX_VERDICTS)
      this.#send(members, encodeVerdicts(this.#application, told.slice(i, i + MAX_VERDICTS)))
  }

  /** The cluster may be stopping. */
  #send(members: readonly Member[], bytes: Uint8Array): void {
    const { channel, logger } = this.#components
    try {
      channel.post(members, bytes, { guarantee: 'asynchronous' })
    } catch (error) {
      logger.debug({ err: error }, 'The other members were not told what was learned of routes.')
    }
  }
}

function isShort(text: string): boolean {
  return Buffer.byteLength(text) <= MAX_TEXT_BYTES
}

function encodeVerdicts(application: string, verdicts: readonly RouteVerdict[]): Uint8Array {
  const out = new ByteWriter().u8(ROUTES_NAMESPACE).text(application)
  for (const { isWriting, route, shape } of verdicts)
    out
      .u8(isWriting ? 1 : 0)
      .text(route)
      .text(shape)
  return out.take()
}

/** All of them or none. Throws MalformedError. */
function decodeVerdicts(bytes: Uint8Array): RouteVerdict[] {
  const input = new ByteReader(bytes, 1)
  input.text(MAX_TEXT_BYTES)
  const verdicts: RouteVerdict[] = []
  while (input.remaining > 0) {
    const isWriting = input.u8() === 1
    verdicts.push({ isWriting, route: input.text(MAX_TEXT_BYTES), shape: input.text(MAX_TEXT_BYTES) })
  }
  return verdicts
}
