import type { ByteReader, ByteWriter } from '@clowder/tribes'
import type { Creation } from '../state/death.js'
import { readStamp } from '../state/packed-state.js'
import type { Known } from './message.js'

/** At the end of a message that has named the creations themselves before. */
export function writeSince(out: ByteWriter, known: readonly Known[]): void {
  for (const { since } of known) out.u64(since)
}

/** Members of former versions do not say since when, and mean from the beginning. Throws MalformedError. */
export function withSince(input: ByteReader, creations: readonly Creation[]): readonly Known[] {
  const isSaid = input.remaining > 0
  return creations.map(({ actor, stamp }) => ({ actor, stamp, since: isSaid ? readStamp(input) : 0 }))
}
