import { ByteWriter, decodeDatagram, encodeDatagram, type Member, member } from '@clowder/tribes'
import { CLUSTER_NAME } from '../cluster/process-options.js'
import type { Dice } from './dice.js'

export const OUTSIDER_ADDRESS = '10.9.9.9'
export const OUTSIDER_NAME = 'mallory'

const HELLO = 1
const MESSAGE = 4
const PING = 6
const HELLO_MAGIC = 0x434c_5744
const UNIQUE_ID_BYTES = 16
/** A protocol that nobody speaks yet. */
const LATER_PROTOCOL = 9
const MOST_BYTES = 3_000

const mallory: Member = member({
  uniqueId: new Uint8Array(UNIQUE_ID_BYTES).fill(0x66),
  host: OUTSIDER_ADDRESS,
  port: 4000,
  name: OUTSIDER_NAME,
  domain: '',
  payload: new Uint8Array(0),
  aliveMs: 1,
})

/** What an outsider writes to a connection, and what is owed for it: `refused`: it is told why; `closed`: it is told nothing. */
export interface HostileOpening {
  readonly bytes: Uint8Array
  readonly owed: 'refused' | 'closed'
}

/** No bytes that a decoder takes; `heard`: a heartbeat that was overheard, if any was. */
export function hostileDatagram(dice: Dice, heard: Uint8Array | undefined): Uint8Array {
  const golden = Buffer.from(heard ?? heartbeat(CLUSTER_NAME))
  const bytes = dice.pick([noise, truncated, oversized, mutated])(dice, golden)
  return isHeartbeat(bytes) ? golden.subarray(0, golden.length >> 1) : bytes
}

/** A heartbeat like any other, of a cluster with another name. */
export function strangeHeartbeat(): Uint8Array {
  return heartbeat('other than all others')
}

export function hostileOpening(dice: Dice): HostileOpening {
  const hello = frame(HELLO, helloBody(CLUSTER_NAME, 1))
  const openings: readonly (() => HostileOpening)[] = [
    () => ({ bytes: noise(dice), owed: 'closed' }),
    () => ({ bytes: truncated(dice, hello), owed: 'closed' }),
    () => ({ bytes: Buffer.from([0xff, 0xff, 0xff, 0xff, 1, HELLO, 0, 0]), owed: 'closed' }),
    () => ({ bytes: frame(PING, Buffer.alloc(8)), owed: 'closed' }),
    () => ({ bytes: frame(MESSAGE, noise(dice)), owed: 'closed' }),
    () => ({ bytes: frame(HELLO, Buffer.concat([Buffer.alloc(4), noise(dice)])), owed: 'closed' }),
    () => ({ bytes: Buffer.concat([hello, frame(MESSAGE, noise(dice))]), owed: 'closed' }),
    () => ({ bytes: Buffer.concat([hello, noise(dice)]), owed: 'closed' }),
    () => ({ bytes: frame(HELLO, helloBody('another cluster', 1)), owed: 'refused' }),
    () => ({ bytes: frame(HELLO, helloBody(CLUSTER_NAME, LATER_PROTOCOL)), owed: 'refused' }),
  ]
  return dice.pick(openings)()
}

function heartbeat(clusterName: string): Buffer {
  return encodeDatagram({ type: 'alive', wantsAnswer: false, clusterName, member: mallory })
}

function isHeartbeat(bytes: Uint8Array): boolean {
  try {
    decodeDatagram(bytes)
    return true
  } catch {
    return false
  }
}

/** A length that no frame has comes first, so that it is no beginning of anything. */
function noise(dice: Dice): Buffer {
  const bytes = Buffer.alloc(dice.whole(5, MOST_BYTES))
  for (let i = 0; i < bytes.length; i++) bytes[i] = dice.whole(0, 255)
  bytes[0] = 0xfe
  return bytes
}

function truncated(dice: Dice, golden: Buffer): Buffer {
  return golden.subarray(0, dice.whole(0, golden.length - 1))
}

function oversized(dice: Dice, golden: Buffer): Buffer {
  return Buffer.concat([golden, Buffer.alloc(dice.whole(1_200, 60_000))])
}

function mutated(dice: Dice, golden: Buffer): Buffer {
  const bytes = Buffer.from(golden)
  for (let n = dice.whole(1, 4); n > 0; n--) bytes[dice.whole(0, bytes.length - 1)] = dice.whole(0, 255)
  return bytes
}

function frame(type: number, body: Uint8Array): Buffer {
  const out = new ByteWriter()
  return out
    .u32(body.length + 4)
    .u8(1)
    .u8(type)
    .u16(0)
    .raw(body)
    .take()
}

function helloBody(clusterName: string, protocol: number): Buffer {
  const { uniqueId, host, port, name, domain, payload, aliveMs } = mallory
  const out = new ByteWriter()
  out.u32(HELLO_MAGIC).u8(protocol).u8(protocol).text(clusterName).raw(new Uint8Array(UNIQUE_ID_BYTES))
  return out.raw(uniqueId).text(host).u16(port).text(name).text(domain).bytes(payload).varint(aliveMs).take()
}
