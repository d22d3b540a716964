import { ByteReader, ChannelInterceptor, type ChannelMessage, type Delivery, type Member } from '@clowder/tribes'
import { TYPE_AT, typeOf } from '../message-type.js'

/** These begin with the id of the session that they are about. */
const WITH_ID = new Set(['DELTA', 'DEATH', 'LOCK', 'GRANTED', 'RENEW', 'UNLOCK', 'DENIED'])
const MAX_ID_BYTES = 128
const ID_SHOWN = 8

/** Tells of every message that passes the top of the stack; changes nothing. */
export class WireTap extends ChannelInterceptor {
  readonly #note: (what: string) => void

  constructor(note: (what: string) => void) {
    super()
    this.#note = note
  }

  override sendMessage(message: ChannelMessage, delivery: Delivery): void {
    const names = delivery.destinations.map(member => member.name).join(' ')
    this.#note(`→ ${names}  ${textOf(message)}`)
    super.sendMessage(message, delivery)
  }

  override messageReceived(message: ChannelMessage): void | Promise<void> {
    this.#note(`← ${message.source.name}  ${textOf(message)}`)
    return super.messageReceived(message)
  }

  override memberSuspected(member: Member, suspicion: Parameters<ChannelInterceptor['memberSuspected']>[1]): void {
    this.#note(`suspects ${member.name}: ${suspicion}`)
    super.memberSuspected(member, suspicion)
  }

  override memberCaughtUp(member: Member): void {
    this.#note(`${member.name} has caught up`)
    super.memberCaughtUp(member)
  }
}

function textOf({ number, body }: ChannelMessage): string {
  const type = typeOf(body)
  const about = WITH_ID.has(type) ? ` ${idIn(body)}` : ''
  return `${type}${about} (no. ${number}, ${body.length} bytes)`
}

function idIn(body: Uint8Array): string {
  const input = new ByteReader(body)
  input.raw(TYPE_AT + 1)
  return input.text(MAX_ID_BYTES).slice(0, ID_SHOWN)
}
