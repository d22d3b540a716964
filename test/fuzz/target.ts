import type { CollectedMemory } from './collected-memory.js'

/** Something that takes bytes of others. */
export interface FuzzTarget {
  readonly name: string
  /** How long one input may take. @default 50 */
  readonly mostMs?: number
  /** Several things happen at once in it, so that what an input reaches cannot be told. */
  readonly isLive?: boolean
  /** What is mutated first. */
  readonly seeds: readonly Uint8Array[]
  /** Makes a mutated input whole again in what everything hangs on, such as its length; called for most inputs. */
  mend?(bytes: Buffer): void
  /** True: taken; false: refused with a typed error. Throws what should never be: anything else. `bytes` are overwritten afterwards. */
  feed(bytes: Buffer): boolean
  /** Every few hundred inputs: for what needs a turn of the event loop, or is to be made anew. */
  rest?(): Promise<void>
  close?(): Promise<void>
  /** Of whatever is fed; without it: of this process. */
  memory?(): Promise<CollectedMemory>
  /** What else it has measured. */
  notes?(): Promise<string>
}

/** What must never be: bytes were neither taken nor refused with a typed error. */
export class Finding extends Error {
  readonly bytes: Uint8Array

  constructor(target: string, bytes: Uint8Array, cause: unknown) {
    const what = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)
    super(`${target}: ${what.slice(0, 300)}`, { cause })
    this.bytes = Uint8Array.from(bytes)
  }
}

/** Whether an error is one of those that such bytes may give. */
export function isRefusal(error: unknown, codes: readonly string[]): boolean {
  return codes.includes(String((error as { code?: unknown } | undefined)?.code))
}
