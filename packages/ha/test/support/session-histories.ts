import { type Entry, hasSeen, isMerged, mergedName } from '../../src/state/entry.js'
import { HybridClock } from '../../src/state/hybrid-clock.js'
import {
  commitTo,
  type Delta,
  emptyState,
  entriesOf as entriesNamed,
  greatestStamp,
  joinDelta,
  joinStates,
  type LiveState,
  type SessionState,
  withoutRemovals,
} from '../../src/state/session-state.js'
import { Dice } from './dice.js'

export const NAMES = ['cart', 'n', 'name', 'user', 'user.name'] as const
/** Of this one several entries may stand side by side. */
const MERGED = mergedName('tags')
const WALL_MS = Date.UTC(2025, 0, 1)

export interface HistoryPlan {
  readonly seed: number
  readonly actors?: number
  readonly steps?: number
  /** Ends the session somewhere, with this probability per step. */
  readonly deaths?: number
  readonly loss?: number
  /** False: no merged names. Of these a late commit stands beside what had taken it in, until it meets a copy that knows better. */
  readonly merged?: boolean
  /** One of the actors' clocks is years ahead. */
  readonly farAhead?: boolean
  /** Forgets removals somewhere, whatever their age, with this probability per step. */
  readonly forgetting?: number
}

/** One of several copies of a session, and the clock of its node. */
export class Replica {
  readonly actor: string
  readonly clock: HybridClock
  state: SessionState = emptyState

  constructor(actor: string, wallTime: () => number) {
    this.actor = actor
    this.clock = new HybridClock({ clock: { wallTime } }, { maxAheadMs: 60_000, tooFarAhead: () => {} })
  }
}

/** What happened, as an onlooker who sees everything knows it. */
export interface History {
  readonly replicas: readonly Replica[]
  readonly deltas: readonly Delta[]
  /** Entries that a commit has replaced knowingly, by the dot of what they were. */
  readonly superseded: ReadonlySet<Entry>
  readonly states: readonly SessionState[]
}

/**
 * Several copies of one session under random commits, and deltas and states between them that are lost, doubled, and arrive in any order. All states
 * in the result are reachable ones.
 */
export function randomHistory(plan: HistoryPlan): History {
  const { seed, actors = 3, steps = 30, deaths = 0, loss = 0.3, farAhead = false, merged = true, forgetting = 0 } = plan
  const dice = new Dice(seed)
  let nowMs = 0
  const skews = Array.from({ length: actors }, (_, i) => (farAhead && i === 0 ? 3e11 : dice.between(-5_000, 5_000)))
  const replicas = skews.map((skew, i) => new Replica(actorName(dice, i), () => WALL_MS + nowMs + skew))
  const deltas: Delta[] = []
  const states: SessionState[] = [emptyState]
  const superseded = new Set<Entry>()
  const forgotten = new Set<Entry>()
  for (let step = 0; step < steps; step++) {
    nowMs += dice.below(3)
    const replica = dice.pick(replicas)
    if (dice.chance(deaths)) kill(replica)
    else if (forgetting > 0 && dice.chance(forgetting)) forget(replica)
    else if (dice.chance(0.4)) commit(replica)
    else if (deltas.length > 0 && !dice.chance(loss)) receive(replica)
    states.push(replica.state)
  }
  return { replicas, deltas, superseded, states }

  function commit(replica: Replica): void {
    if (replica.state.kind === 'dead') return
    const values = randomValues(dice, merged ? [...NAMES, MERGED] : NAMES)
    for (const name of values.keys()) {
      for (const before of entriesNamed(replica.state, name))
        if (hasSeen(replica.state.vector, before) || !isMerged(name)) superseded.add(before)
      for (const before of forgotten)
        if (before.name === name && hasSeen(replica.state.vector, before)) superseded.add(before)
    }
    const stamp = replica.clock.next(greatestStamp(replica.state, values.keys()))
    const { state, delta } = commitTo(replica.state, replica.actor, stamp, values)
    replica.state = state
    deltas.push(delta)
  }

  function forget(replica: Replica): void {
    if (replica.state.kind === 'dead') return
    for (const entry of replica.state.entries) if (entry.value === undefined) forgotten.add(entry)
    replica.state = withoutRemovals(replica.state, Number.MAX_SAFE_INTEGER)
  }

  function receive(replica: Replica): void {
    if (dice.chance(0.2)) {
      const other = dice.pick(replicas).state
      for (const entry of entriesOf(other)) replica.clock.observe(entry.stamp)
      replica.state = joinStates(replica.state, other).state
      return
    }
    const delta = dice.pick(deltas)
    for (const entry of delta.entries) replica.clock.observe(entry.stamp)
    replica.state = joinDelta(replica.state, delta).state
  }

  function kill(replica: Replica): void {
    const death = { kind: 'dead', reason: 'invalidated', stamp: replica.clock.next() } as const
    replica.state = joinStates(replica.state, death).state
  }
}

export function entriesOf(state: SessionState): readonly Entry[] {
  return (state as Partial<LiveState>).entries ?? []
}

function actorName(dice: Dice, index: number): string {
  const bytes = dice.fill(new Uint8Array(16))
  bytes[15] = index
  return Buffer.from(bytes).toString('latin1')
}

export function randomValues(dice: Dice, names: readonly string[] = NAMES): Map<string, Uint8Array | undefined> {
  const values = new Map<string, Uint8Array | undefined>()
  for (let n = dice.between(1, 3); n > 0; n--) {
    const value = dice.chance(0.25) ? undefined : dice.fill(new Uint8Array(dice.below(6)))
    values.set(dice.pick(names), value)
  }
  return values
}
