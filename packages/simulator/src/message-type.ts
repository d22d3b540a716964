/** Types of messages between managers, as `docs/wire-format.md` numbers them. */
const TYPES = [
  ...['DELTA', 'DEATH', 'REGEN', 'STATE', 'PULL', 'NOTHING', 'TOUCH'],
  ...['EXPIRING', 'DIGEST', 'BUCKETS', 'LIST', 'WANT', 'DONE', 'LEAVING', 'EXPIRED'],
  ...['LOCK', 'GRANTED', 'RENEW', 'UNLOCK', 'DENIED', 'WHOSE', 'LOCKS'],
]
/** What comes after the type is the message. */
export const TYPE_AT = 5

export function typeOf(body: Uint8Array): string {
  return TYPES[body[TYPE_AT] ?? -1] ?? `type ${body[TYPE_AT]}`
}
