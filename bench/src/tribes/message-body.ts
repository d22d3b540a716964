import { monotonicUs } from '../process/monotonic.js'

/*
 * A body begins with lane (u32), sequence in the lane (u32) and the time it was sent (f64, µs). A lane is a stream of messages whose order counts.
 */

export function newBody(bytes: number, lane: number, sequence: number): Buffer {
  const body = Buffer.allocUnsafe(bytes)
  body.writeUInt32BE(lane, 0)
  body.writeUInt32BE(sequence, 4)
  body.writeDoubleBE(monotonicUs(), 8)
  return body
}

export function laneOf(view: DataView): number {
  return view.getUint32(0)
}

export function sequenceOf(view: DataView): number {
  return view.getUint32(4)
}

export function sentAtUsOf(view: DataView): number {
  return view.getFloat64(8)
}
