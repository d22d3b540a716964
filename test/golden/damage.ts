import type { GoldenKind } from './golden-kind.js'
import { portraitText } from './portrait.js'

/** What nothing may take, ms. */
const MOST_MS = 50
/** Of more than this, not every place is damaged: the edges, and places far apart in between. */
const WHOLE_BYTES = 4_096
const EDGE_BYTES = 256
const STRIDE = 509

export interface Outcomes {
  refused: number
  read: number
}

/** `bytes` cut at every byte. */
export function* cuts(bytes: Uint8Array): Generator<Uint8Array> {
  for (const at of placesOf(bytes)) yield bytes.subarray(0, at)
}

/** `bytes` with each bit flipped. */
export function* flips(bytes: Uint8Array): Generator<Uint8Array> {
  for (const at of placesOf(bytes)) {
    for (let bit = 0; bit < 8; bit++) {
      const flipped = Uint8Array.from(bytes)
      flipped[at]! ^= 1 << bit
      yield flipped
    }
  }
}

function* placesOf(bytes: Uint8Array): Generator<number> {
  for (let at = 0; at < bytes.length; at++) {
    const isEdge = at < EDGE_BYTES || at >= bytes.length - EDGE_BYTES
    if (bytes.length <= WHOLE_BYTES || isEdge || at % STRIDE === 0) yield at
  }
}

/** Throws unless each is refused with a typed error, or read as something that is the same when it is written and read again; and at once. */
export function judge(kind: GoldenKind, inputs: Iterable<Uint8Array>): Outcomes {
  const outcomes = { refused: 0, read: 0 }
  for (const bytes of inputs) {
    const begin = performance.now()
    const isRead = judgeOne(kind, bytes)
    if (isRead) outcomes.read++
    else outcomes.refused++
    if (performance.now() - begin > MOST_MS) judgeAgain(kind, bytes)
  }
  return outcomes
}

/** The machine may have stood still the first time. */
function judgeAgain(kind: GoldenKind, bytes: Uint8Array): void {
  for (let attempt = 0; attempt < 5; attempt++) {
    const { user } = process.cpuUsage()
    judgeOne(kind, bytes)
    if (process.cpuUsage().user - user < MOST_MS * 1000) return
  }
  throw new Error(`${kind.name}: more than ${MOST_MS} ms for ${hexOf(bytes)}`)
}

function judgeOne(kind: GoldenKind, bytes: Uint8Array): boolean {
  let value: unknown
  try {
    value = kind.decode(bytes)
  } catch (error) {
    const { code } = error as { code?: string }
    if (kind.refusals.includes(code ?? '')) return false
    throw new Error(`${kind.name}: not a typed error (${String(error)}) for ${hexOf(bytes)}`, { cause: error })
  }
  const before = portraitText(value)
  const after = portraitText(kind.decode(kind.encode(value)))
  if (before !== after) throw new Error(`${kind.name}: ${hexOf(bytes)} is read as ${before}, then as ${after}`)
  return true
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.subarray(0, 512)).toString('hex')
}
