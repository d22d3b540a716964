import type { AnyFamily, Effort, Family } from './family.js'
import { httpEffort } from './http/http-effort.js'
import { HTTP_PACKAGES, type HttpResults, runHttp } from './http/http-family.js'
import { httpGoals } from './http/http-goals.js'
import { httpReport } from './http/http-report.js'
import { type MembershipResults, runMembership } from './membership/membership-family.js'
import { membershipGoals } from './membership/membership-goals.js'
import { membershipPanels } from './membership/membership-plot.js'
import { membershipReport } from './membership/membership-report.js'
import { type MemoryResults, runMemory } from './memory/memory-family.js'
import { memoryGoals } from './memory/memory-goals.js'
import { memoryPanels } from './memory/memory-plot.js'
import { memoryReport } from './memory/memory-report.js'
import { type MicroResults, runMicro } from './micro/micro-family.js'
import { microPanels } from './micro/micro-plot.js'
import { microReport } from './micro/micro-report.js'
import { httpPanels } from './plot/http-panels.js'
import { runScaling, type ScalingResults } from './scaling/scaling-family.js'
import { scalingPanels, scalingReport } from './scaling/scaling-report.js'
import { runState, type StateResults } from './state/state-family.js'
import { stateGoals } from './state/state-goals.js'
import { statePanels } from './state/state-plot.js'
import { stateReport } from './state/state-report.js'
import { runTribes, type TribesResults } from './tribes/tribes-family.js'
import { tribesGoals } from './tribes/tribes-goals.js'
import { tribesPanels } from './tribes/tribes-plot.js'
import { tribesReport } from './tribes/tribes-report.js'

/** Three rounds where it is to be quick. */
function roundsUpTo(most: number): (effort: Effort) => number {
  return ({ isQuick }) => (isQuick ? Math.min(3, most) : most)
}

function secondsOf(quick: number, full: number): (effort: Effort) => number {
  return ({ isQuick }) => (isQuick ? quick : full)
}

const tribes: Family<TribesResults> = {
  name: 'tribes',
  about: "group messages between two and four processes, against Tomcat's group channel",
  packages: ['clowder'],
  rounds: roundsUpTo(5),
  secondsPerRun: secondsOf(0.4, 1.2),
  measure: (effort, progress) =>
    runTribes({ ...effort, rounds: tribes.rounds(effort), secondsPerRun: tribes.secondsPerRun!(effort) }, progress),
  report: tribesReport,
  goals: tribesGoals,
  panels: tribesPanels,
}

const http: Family<HttpResults> = {
  name: 'http',
  about: 'requests with a session, against express-session, @fastify/session and Tomcat',
  packages: HTTP_PACKAGES,
  rounds: ({ isQuick }) => httpEffort(isQuick).rounds,
  secondsPerRun: ({ isQuick }) => httpEffort(isQuick).seconds,
  measure: runHttp,
  report: httpReport,
  goals: httpGoals,
  panels: httpPanels,
}

const state: Family<StateResults> = {
  name: 'state',
  about: 'a member joins, or catches up, where others hold many sessions',
  packages: ['clowder'],
  rounds: ({ isQuick }) => (isQuick ? 2 : 3),
  measure: (effort, progress) => {
    const rounds = state.rounds(effort)
    const usual = [{ sessions: 10_000, rounds }]
    const more = [
      { sessions: 100_000, rounds },
      { sessions: 1_000_000, rounds: 1 },
    ]
    return runState({ sizes: effort.isQuick ? usual : [...usual, ...more] }, progress)
  },
  report: stateReport,
  goals: stateGoals,
  panels: statePanels,
}

const memory: Family<MemoryResults> = {
  name: 'memory',
  about: 'sessions that nobody uses: bytes each, and what they do to the event loop',
  packages: ['clowder', 'express-session'],
  rounds: ({ isQuick }) => (isQuick ? 1 : 2),
  measure: (effort, progress) => {
    const extent = effort.isQuick
      ? { residents: [50_000], restSeconds: 9, churnSeconds: 4, count: 20_000 }
      : { residents: [200_000, 1_000_000], restSeconds: 9, churnSeconds: 10, count: 100_000 }
    return runMemory({ ...extent, rounds: memory.rounds(effort) }, progress)
  },
  report: memoryReport,
  goals: memoryGoals,
  panels: memoryPanels,
}

const membership: Family<MembershipResults> = {
  name: 'membership',
  about: 'what an idle cluster costs, and how soon a member that is gone is out of it',
  packages: ['clowder'],
  rounds: () => 1,
  measure: (effort, progress) => {
    const extent = effort.isQuick
      ? { sizes: [2, 4], idle: { settleSeconds: 4, seconds: 5 }, deaths: { killed: 5, silent: 4 } }
      : { sizes: [2, 4, 8, 16], idle: { settleSeconds: 60, seconds: 20 }, deaths: { killed: 20, silent: 8 } }
    return runMembership(extent, progress)
  },
  report: membershipReport,
  goals: membershipGoals,
  panels: membershipPanels,
}

const scaling: Family<ScalingResults> = {
  name: 'scaling',
  about: 'how the cost of a write grows with members, sessions and attributes',
  packages: ['clowder'],
  rounds: roundsUpTo(3),
  secondsPerRun: secondsOf(0.5, 2),
  measure: (effort, progress) => {
    const steps = effort.isQuick
      ? { nodes: [2, 4], sessions: [1_000, 20_000], attributes: [1, 100] }
      : { nodes: [2, 4, 8], sessions: [1_000, 100_000, 1_000_000], attributes: [1, 10, 100, 1_000] }
    return runScaling({ steps, rounds: scaling.rounds(effort), seconds: scaling.secondsPerRun!(effort) }, progress)
  },
  report: scalingReport,
  panels: scalingPanels,
}

const micro: Family<MicroResults> = {
  name: 'micro',
  about: 'single operations, in units of a fixed loop',
  packages: ['clowder'],
  rounds: roundsUpTo(7),
  secondsPerRun: secondsOf(0.04, 0.2),
  measure: (effort, progress) =>
    runMicro({ rounds: micro.rounds(effort), msPerRun: 1000 * micro.secondsPerRun!(effort) }, progress),
  report: microReport,
  panels: microPanels,
}

/** In the order in which they are measured and told. */
export const FAMILIES: readonly AnyFamily[] = [tribes, http, state, memory, membership, scaling, micro]
