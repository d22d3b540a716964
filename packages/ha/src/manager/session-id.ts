import type { Random } from '@clowder/tribes'

const ID_BYTES = 24

/** 24 random bytes as 32 characters of base64url: cannot be guessed, is never made twice, and contains no dot. */
export function newSessionId(random: Random): string {
  return Buffer.from(random.fill(new Uint8Array(ID_BYTES))).toString('base64url')
}
