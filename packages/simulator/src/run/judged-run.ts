import { deltaManagerDefaults } from '@clowder/ha'
import { BASELINE } from '../checkers/bounds-checker.js'
import { type CheckOptions, checkHistory } from '../checkers/check-history.js'
import type { Violation } from '../checkers/violation.js'
import type { Listener } from '../cluster/recorder.js'
import type { HistoryEvent, TroubleEvent } from '../history/history-event.js'
import { drawPlan } from '../schedule/draw-plan.js'
import { Schedule } from '../schedule/schedule.js'
import type { SchedulePlan } from '../schedule/schedule-plan.js'
import { traceOf } from './history-hash.js'
import { type Reached, reachedBy } from './reached.js'

/** One schedule, run and judged. */
export interface JudgedRun {
  readonly seed: number
  readonly violations: readonly Violation[]
  /** How often each state and each class of fault was reached. */
  readonly reached: Reached
  readonly figures: RunFigures
  /** Of everything that happened: on the network, and to clients and sessions. */
  readonly trace: string
}

interface RunFigures {
  readonly requests: number
  readonly answers: number
  readonly stale: number
  readonly turns: number
  readonly events: number
}

export interface JudgedRunWithHistory extends JudgedRun {
  readonly history: readonly HistoryEvent[]
}

export interface SeedOptions {
  readonly profile?: string
  readonly seconds?: number
}

/** In a quiet cluster an end is known everywhere after one message, which is on its way for less than this, ms. */
const NEWS_MS = 300

/** The simulator tells of every standstill, and nobody else uses its machine. */
const SIMULATED: Partial<CheckOptions> = {
  interference: { areStandstillsTold: true },
  lifecycle: { isAllTold: true },
  detection: { silentMs: 5_000, killedMs: 1_500, unreachableMs: 7_000 },
  trouble: { isExpected },
  waiting: { areStandstillsTold: true },
}

/** Where no comparison is let begin, each member asks for one with each other one. */
const NEVER_ANSWERED = { openExchanges: 8 }

export function runSeed(seed: number, { profile, seconds }: SeedOptions = {}): Promise<JudgedRunWithHistory> {
  return runPlan(drawPlan(seed, profile, seconds))
}

/** `listener` hears of every message as well. */
export async function runPlan(plan: SchedulePlan, listener?: Listener): Promise<JudgedRunWithHistory> {
  const { history, trace, turns } = await new Schedule(plan, listener).run()
  const responses = history.filter(event => event.kind === 'response')
  const answers = responses.filter(({ outcome }) => outcome === 'ok' || outcome === 'none')
  // Where only so many certificates are kept, members need not keep the same ones.
  const areCertificatesCapped = plan.process.manager.maxDeathCertificates !== undefined
  const convergence = { areCertificatesCapped }
  // A queue that hardly holds one session refuses a second one, however calm it is.
  const degradedInCalm = plan.process.transport.maxQueueBytes === undefined ? 'forbidden' : 'counted'
  const acknowledgement = { areCertificatesCapped, degradedInCalm } as const
  // Nor can they tell a session that has ended from one that they have not heard of.
  const lostSessions = { demand: areCertificatesCapped ? 'quiet' : 'always' } as const
  const twins = { areCertificatesCapped }
  const logout = { graceMs: NEWS_MS, flaggedInQuiet: waitsForAnswers(plan) ? 'forbidden' : 'counted' } as const
  const bounds = { baseline: { ...BASELINE, ...(plan.process.isUncompared && NEVER_ANSWERED) } }
  const options = { ...SIMULATED, bounds, acknowledgement, convergence, logout, lostSessions, twins }
  const { violations, figures } = checkHistory(history, options)
  return {
    seed: plan.seed,
    violations,
    history,
    trace: traceOf(trace, history),
    reached: reachedBy(plan, history, figures),
    figures: {
      requests: responses.length,
      answers: answers.length,
      stale: answers.filter(answer => answer.isStale).length,
      turns,
      events: history.length,
    },
  }
}

/** Whether everybody, if asked in a quiet network, can have answered before the question is given up. */
function waitsForAnswers({ circumstances, physics, process }: SchedulePlan): boolean {
  const { pullTimeout = deltaManagerDefaults.pullTimeout } = process.manager
  const others = Object.values(circumstances?.differing ?? {}).map(differing => differing.pullTimeout ?? pullTimeout)
  return Math.min(pullTimeout, ...others) > 2 * physics.latencyMs.max
}

/** A node that is cut off when it starts says so, loudly, and goes on. */
function isExpected({ trouble, what }: TroubleEvent): boolean {
  return trouble === 'logged-error' && what.includes('no complete session state received')
}
