import { defaultFaults, type FaultOptions, onlyKinds } from '../faults/fault-options.js'

/** A sound network, true clocks, and nothing that happens. */
export const noFaults: FaultOptions = {
  ...onlyKinds(defaultFaults, []),
  skewMsMax: 0,
  farAheadShare: 0,
  driftMax: 0,
  datagramLossMax: 0,
  datagramDuplicationMax: 0,
  datagramReorderMax: 0,
  latencyMsMax: 1,
}

/** These kinds and no others, stronger or weaker than usual. */
export function kindsOf(kinds: Partial<FaultOptions['kinds']>): Pick<FaultOptions, 'kinds' | 'kindShare'> {
  return { kindShare: 1, kinds: { ...onlyKinds(defaultFaults, []).kinds, ...kinds } }
}
