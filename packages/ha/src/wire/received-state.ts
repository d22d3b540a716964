import type { SessionState } from '../state/session-state.js'
import type { SentState } from './message.js'

/** A session as it came. The values of its state, and the bytes, lie in the message: valid as long as that is. */
export class ReceivedState implements SentState {
  readonly id: string
  readonly idleMs: number
  readonly state: SessionState
  readonly #packed: Uint8Array

  constructor(id: string, idleMs: number, state: SessionState, packed: Uint8Array) {
    this.id = id
    this.idleMs = idleMs
    this.state = state
    this.#packed = packed
  }

  get packed(): Uint8Array {
    return this.#packed
  }
}
