import { type UniqueId, uniqueIdText } from './unique-id.js'

/** One process in the cluster. Two members are the same member exactly when their `id` is the same: a restarted process is a new member. */
export interface Member {
  readonly uniqueId: UniqueId
  /** `uniqueId` as 32 hexadecimal digits. */
  readonly id: string
  /** The advertised address: where its NioReceiver can be reached. */
  readonly host: string
  readonly port: number
  /** What people call it: the jvmRoute, else `host:port`. */
  readonly name: string
  readonly domain: string
  /** The application's own bytes, sent along in every heartbeat. */
  readonly payload: Uint8Array
  /** Milliseconds since the member started, as it last told. */
  readonly aliveMs: number
}

export type MemberFields = Omit<Member, 'id'>

export function member(fields: MemberFields): Member {
  const { uniqueId, host, port, name, domain, payload, aliveMs } = fields
  return { uniqueId, id: uniqueIdText(uniqueId), host, port, name, domain, payload, aliveMs }
}

/** How a member appears in every log line and error. */
export function memberText(m: Pick<Member, 'name' | 'host' | 'port'>): string {
  const address = `${m.host}:${m.port}`
  return m.name === address ? `tcp://${address}` : `${m.name} tcp://${address}`
}
