import type { AnyFamily, Effort, Family } from './family.js'
import { httpEffort } from './http/http-effort.js'
import { HTTP_PACKAGES, type HttpResults, runHttp } from './http/http-family.js'
import { httpReport } from './http/http-report.js'
import { type MembershipResults, runMembership } from './membership/membership-family.js'
import { membershipReport } from './membership/membership-report.js'
import { type MemoryResults, runMemory } from './memory/memory-family.js'
import { memoryReport } from './memory/memory-report.js'
import { type MicroResults, runMicro } from './micro/micro-family.js'
import { microReport } from './micro/micro-report.js'
import { runState, type StateResults } from './state/state-family.js'
import { stateReport } from './state/state-report.js'
import { runTribes, type TribesResults } from './tribes/tribes-family.js'
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
  about: "group messages between two processes, against Tomcat's group channel",
  packages: ['clowder'],
  rounds: roundsUpTo(7),
  secondsPerRun: secondsOf(0.6, 1.5),
  measure: (effort, progress) =>
    runTribes({ ...effort, rounds: tribes.rounds(effort), secondsPerRun: tribes.secondsPerRun!(effort) }, progress),
  report: tribesReport,
}

const http: Family<HttpResults> = {
  name: 'http',
  about: 'requests with a session, against express-session, @fastify/session and Tomcat',
  packages: HTTP_PACKAGES,
  rounds: ({ isQuick }) => httpEffort(isQuick).rounds,
  secondsPerRun: ({ isQuick }) => httpEffort(isQuick).seconds,
  measure: runHttp,
  report: httpReport,
}

const state: Family<StateResults> = {
  name: 'state',
  about: 'a member joins, or catches up, where others hold many sessions',
  packages: ['clowder'],
  rounds: roundsUpTo(3),
  measure: (effort, progress) =>
    runState({ rounds: state.rounds(effort), sizes: effort.isQuick ? [10_000] : [10_000, 100_000] }, progress),
  report: stateReport,
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
}

const membership: Family<MembershipResults> = {
  name: 'membership',
  about: 'what an idle cluster costs, and how soon a member that is gone is out of it',
  packages: ['clowder'],
  rounds: () => 1,
  measure: (effort, progress) => {
    const extent = effort.isQuick
      ? { sizes: [2, 4], idleSeconds: 5, deaths: { killed: 5, silent: 4 } }
      : { sizes: [2, 4, 8, 16], idleSeconds: 10, deaths: { killed: 20, silent: 8 } }
    return runMembership(extent, progress)
  },
  report: membershipReport,
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
}

/** In the order in which they are measured and told. */
export const FAMILIES: readonly AnyFamily[] = [tribes, http, state, memory, membership, micro]
