import { type Member, member } from '../../../packages/tribes/src/member.js'

export const TOM: Member = member({
  uniqueId: Uint8Array.from({ length: 16 }, (_, i) => 0x10 + i),
  host: '10.0.0.7',
  port: 4000,
  name: 'tom',
  domain: 'eu',
  payload: Uint8Array.of(1, 2, 3),
  aliveMs: 70_000,
})

/** As little as a member can say. */
export const BARE: Member = member({
  uniqueId: new Uint8Array(16).fill(0xff),
  host: '',
  port: 0,
  name: '',
  domain: '',
  payload: new Uint8Array(0),
  aliveMs: 0,
})

/** A writer's name in a session. */
export function writer(byte: number): string {
  return String.fromCharCode(...Array.from({ length: 16 }, () => byte))
}
