import type { FaultAction, FaultKind } from './planned-fault.js'

/** Ends what was begun; called once. */
export type EndFault = () => void

export type ActionOf<K extends FaultKind> = Extract<FaultAction, { kind: K }>

/** For each kind how it is begun; what comes back ends it. `forMs`: how long it is going to last. */
export type FaultHands<K extends FaultKind> = {
  readonly [Kind in K]: (action: ActionOf<Kind>, forMs: number) => EndFault
}
