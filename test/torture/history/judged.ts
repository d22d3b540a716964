import type { HistoryEvent } from '@clowder/simulator'
import { type CheckReport, checkHistory } from '@clowder/simulator'

export interface Judgement {
  readonly violations: CheckReport['violations']
  /** How often each thing of interest happened, and was looked at. */
  readonly reached: Readonly<Record<string, number>>
}

/**
 * What the checkers, the same as the simulator's, say of a history. With real time there is more to be had for: the machine is shared with others, and a process
 * that is killed may take its last words with it.
 */
export function judged(history: readonly HistoryEvent[]): Judgement {
  const { violations, figures } = checkHistory(history, {
    lifecycle: { mayLoseEvents: true },
    logout: { graceMs: 2_000 },
    waiting: { maxLoopDelayMs: 250 },
  })
  return { violations, reached: { ...reachedIn(history), ...lookedAt(figures) } }
}

function lookedAt(figures: CheckReport['figures']): Record<string, number> {
  return Object.fromEntries(LOOKED_AT.map(name => [name, figures[name] ?? 0]))
}

function reachedIn(history: readonly HistoryEvent[]): Record<string, number> {
  const reached: Record<string, number> = {}
  const add = (name: string, count = 1) => {
    reached[name] = (reached[name] ?? 0) + count
  }
  for (const event of history) {
    if (event.kind === 'fault' && !event.isOver) add(/busy machine/.test(event.what) ? 'busy machine' : event.fault)
    if (event.kind === 'response') add(event.isStale ? 'answered stale' : `answered ${event.outcome}`)
    if (event.kind === 'response' && event.acknowledged) add(`acknowledged ${event.acknowledged}`)
    if (event.kind === 'session') add(`told ${event.event}`)
    if (event.kind === 'counters') for (const name of COUNTED) add(name, event.counters[name] ?? 0)
  }
  return reached
}

/** Of what the processes themselves have counted: what must have happened in a run that is to prove anything. */
const COUNTED = [
  'manager.pulls.pulls',
  'manager.pulls.gaps',
  'manager.antiEntropy.statesSent',
  'transport.messagesResent',
  'transport.messagesRefused',
  'transport.connectionsOpened',
] as const

/** Of what the checkers have looked at: a promise that nobody could look at is kept in vain. */
const LOOKED_AT = [
  'acknowledgedRemovalsChecked',
  'acknowledgedWritesChecked',
  'concurrentLosersChecked',
  'deadCompared',
  'exclusionsChecked',
  'loadsChecked',
  'logoutsChecked',
  'readsChecked',
  'sessionsCompared',
  'toldChecked',
  'waitsChecked',
] as const
