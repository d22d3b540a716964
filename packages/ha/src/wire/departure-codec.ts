import type { ByteReader, ByteWriter } from '@clowder/tribes'
import { readActor, writeActor } from '../state/packed-state.js'
import { readFlag, writeFlag } from './flag.js'
import type { Departure } from './message.js'

export function writeDeparture(out: ByteWriter, { actor, goneMs, hasLeft }: Departure): void {
  writeActor(out, actor)
  writeFlag(out.varint(goneMs), hasLeft)
}

/** Throws MalformedError. */
export function readDeparture(input: ByteReader): Departure {
  return { actor: readActor(input), goneMs: input.varint(), hasLeft: readFlag(input) }
}
