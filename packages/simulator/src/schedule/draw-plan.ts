import { type ClientOptions, LOCK_PATIENCE_MS } from '../clients/client-options.js'
import type { NodePlan } from '../cluster/cluster-node.js'
import type { ProcessOptions } from '../cluster/process-options.js'
import { Dice } from '../faults/dice.js'
import { drawAbsence } from '../faults/draw-absence.js'
import { drawCircumstances } from '../faults/draw-circumstances.js'
import { drawFaults } from '../faults/draw-faults.js'
import type { FaultOptions } from '../faults/fault-options.js'
import { type Physics, SOUND } from '../physics.js'
import { SeededRandom } from '../seeded-random.js'
import type { LastWord } from './last-words.js'
import { profileOf } from './mixture.js'
import type { PlanOptions } from './plan-options.js'
import { optionsOf } from './profiles.js'
import { phasesOf, type SchedulePlan } from './schedule-plan.js'

const LETTERS = 'abcdefghi'
/** Where few hold a session, its end is final as long as it is remembered: beyond that nobody could tell that it had been there. */
const LASTING_SECONDS = 3600
const TEN_YEARS_MS = 315_360_000_000
const NAMES = ['cart', 'step', 'user', 'theme'] as const
/** How much seldomer sessions end, where they live long. */
const SELDOM = [0.05, 0.05, 0.25] as const
/** What a killed writer has said has not arrived yet, or just so, ms. */
const LAST_WORDS_MS = { min: 0, max: 3 }
const MINUTE_MS = 60_000
/** Shorter than a page may hold its session, or as long. */
const LEARNED_PATIENCE_MS = [300, 1_500, LOCK_PATIENCE_MS]
/** Nobody stays away for longer. */
const MOST_BREAK_SECONDS = 30
/** A session is dropped some seconds after its limit, ms. */
const BREAK_MS = 6_000

/** The plan of a seed. Each part draws from a generator of its own, so that a change of one does not change the others. */
export function drawPlan(seed: number, from = 'default', seconds?: number): SchedulePlan {
  const profile = profileOf(seed, from)
  const options = optionsOf(profile)
  const random = new SeededRandom(seed)
  const dice = () => new Dice(random.fork())
  const durationMs = (seconds ?? options.seconds) * 1000
  const nodes = drawNodes(dice(), options)
  const shape = { seed, profile, durationMs, nodes }
  const names = nodes.map(node => node.name)
  const process = drawProcess(dice(), options)
  const { healMs } = phasesOf(shape)
  const drawn = {
    ...shape,
    process,
    clients: drawClients(dice(), options, process),
    ...drawNetwork(dice(), options),
    faults: drawFaults(dice(), options.faults, names, healMs),
    lastWords: drawLastWords(dice(), options, healMs),
  }
  const circumstances = drawCircumstances(dice(), options.faults.circumstanceShare, names, drawn.faults)
  const plan = withAbsence({ ...drawn, circumstances }, dice(), options.faults)
  return withLearnedLocks(plan, dice(), options)
}

function withLearnedLocks(plan: SchedulePlan, dice: Dice, { learnedLocksShare }: PlanOptions): SchedulePlan {
  if (dice.chance(1 - learnedLocksShare)) return plan
  return { ...plan, process: { ...plan.process, lock: { mode: 'auto', timeout: dice.pick(LEARNED_PATIENCE_MS) } } }
}

/** Now and then a cluster forgets soon, and somebody is away for longer than that. */
function withAbsence(plan: SchedulePlan, dice: Dice, { absences }: FaultOptions): SchedulePlan {
  const nodes = plan.nodes.map(node => node.name)
  if (!dice.chance(absences.share) || nodes.length < 2 || plan.process.manager.copies !== undefined) return plan
  const { idleSeconds } = absences
  const { retention, faults: drawn } = drawAbsence(dice, nodes, absences, phasesOf(plan).healMs)
  const faults = [...plan.faults, ...drawn].sort((a, b) => a.atMs - b.atMs)
  // Where sessions live for ever, somebody who comes back makes certificates anew that others have forgotten again.
  const certificates = idleSeconds > 0 ? {} : { maxDeathCertificates: 1_000_000 }
  const manager = { ...plan.process.manager, retention, maxInactiveInterval: idleSeconds, ...certificates }
  return { ...plan, faults, process: { ...plan.process, manager } }
}

function drawNodes(dice: Dice, { nodes, faults }: PlanOptions): NodePlan[] {
  const names = LETTERS.slice(0, Number(dice.weighted(nodes as Record<string, number>)))
  const isFarAhead = dice.chance(faults.farAheadShare)
  const skewMsMax = dice.chance(0.5) ? faults.skewMsMax : 0
  const driftMax = dice.chance(0.3) ? faults.driftMax : 0
  return [...names].map((name, i) => ({
    name,
    skewMs: isFarAhead && i === 0 ? TEN_YEARS_MS : Math.round(dice.within({ min: -skewMsMax, max: skewMsMax })),
    rate: 1 + dice.within({ min: -driftMax, max: driftMax }),
  }))
}

function drawProcess(dice: Dice, options: PlanOptions): ProcessOptions {
  const hasShortQueues = dice.chance(options.shortQueuesShare)
  const copies = Number(dice.weighted(options.copies as Record<string, number>))
  const forgetful = {
    ...(dice.chance(options.shortMemoryShare) && {
      maxDeathCertificates: dice.whole(options.certificates.min, options.certificates.max),
    }),
    retention: dice.pick(options.retentionSeconds),
  }
  return {
    manager: {
      ...(copies > 0 ? { copies, retention: LASTING_SECONDS } : forgetful),
      maxInactiveInterval: dice.pick(options.idleSeconds),
      acknowledge: dice.weighted(options.acknowledge),
      stateTransferTimeout: dice.pick([60, 60, 1, 0]),
      ...options.manager,
    },
    transport: hasShortQueues ? { maxQueueBytes: Math.round(dice.withinMagnitudes(options.queueBytes)) } : {},
    membership: {},
    whenStale: dice.chance(options.refuseShare) ? 'refuse' : 'serve',
    discoveryTimeMs: 100,
    ...(options.isUncompared && { isUncompared: true }),
    hasMerges: dice.chance(options.mergesShare),
    paddingBytes: hasShortQueues
      ? Math.round(dice.withinMagnitudes(options.paddingBytes))
      : dice.chance(0.2)
        ? dice.whole(0, 2_000)
        : 0,
  }
}

function drawClients(dice: Dice, options: PlanOptions, { hasMerges, manager }: ProcessOptions): ClientOptions {
  const { clients, requestsPerSecond } = options
  return {
    count: dice.whole(clients.min, clients.max),
    stickiness: dice.pick([0, 0, dice.within({ min: 0, max: 1 }), dice.within({ min: 0.8, max: 1 }), 1]),
    requestsPerSecond: dice.within(requestsPerSecond),
    maxParallel: dice.whole(1, 4),
    burstShare: dice.pick([0, 0.1, 0.4]),
    sameNodeShare: dice.within({ min: 0, max: 1 }),
    doubleShare: dice.pick([0, 0.3, 0.8]),
    followShare: dice.pick([0, 0, 0.1, 0.3]),
    longShare: dice.pick([0, 0.1, 0.3]),
    longMsMax: 300,
    mix: dice.chance(options.longLivedShare) ? withFewEnds(options.mix, dice.pick(SELDOM)) : options.mix,
    names: dice.sample(NAMES, dice.whole(1, NAMES.length)),
    hasTags: hasMerges,
    freshStartShare: dice.within({ min: 0.3, max: 1 }),
    retryShare: dice.pick([0, 0.5, 1]),
    shareCookie: dice.pick(options.sharedCookies),
    ghostShare: dice.pick([0, 0.1, 0.3]),
    wakeCalls: dice.pick(options.wakeCalls),
    saveShare: dice.pick(options.saveShares),
    ...drawBreaks(dice, manager.maxInactiveInterval ?? 0),
    headShare: dice.pick(options.headShares),
    lockShare: dice.pick(options.lockShares),
    leaveShare: dice.pick(options.leaveShares),
  }
}

/** Where sessions expire within a run some come back about then. */
function drawBreaks(dice: Dice, idleSeconds: number): Pick<ClientOptions, 'breakShare' | 'breakMs'> {
  const isShort = idleSeconds > 0 && idleSeconds <= MOST_BREAK_SECONDS
  const breakMs = { min: 900 * idleSeconds, max: 1_300 * idleSeconds + BREAK_MS }
  return { breakShare: isShort ? dice.pick([0, 0.1, 0.3]) : 0, breakMs }
}

function withFewEnds(mix: ClientOptions['mix'], share: number): ClientOptions['mix'] {
  const { logout, rename, regenerate } = mix
  return { ...mix, logout: logout * share, rename: rename * share, regenerate: regenerate * share }
}

function drawLastWords(dice: Dice, { lastWordsPerMinute }: PlanOptions, untilMs: number): LastWord[] {
  const words: LastWord[] = []
  if (lastWordsPerMinute === 0) return words
  const meanMs = MINUTE_MS / lastWordsPerMinute
  for (
    let atMs = dice.within({ min: 0, max: 2 * meanMs });
    atMs < untilMs;
    atMs += dice.within({ min: 0, max: 2 * meanMs })
  ) {
    const forMs = Math.round(dice.withinMagnitudes({ min: 50, max: 5_000 }))
    words.push({ atMs: Math.round(atMs), afterMs: dice.within(LAST_WORDS_MS), forMs })
  }
  return words
}

function drawNetwork(dice: Dice, { faults }: PlanOptions): Pick<SchedulePlan, 'physics' | 'splitReads'> {
  const upTo = (max: number) => (dice.chance(0.4) ? dice.within({ min: 0, max }) : 0)
  const physics: Physics = {
    ...SOUND,
    latencyMs: { min: 0.1, max: Math.max(1, upTo(faults.latencyMsMax)) },
    datagramLoss: upTo(faults.datagramLossMax),
    datagramDuplication: upTo(faults.datagramDuplicationMax),
    datagramReorder: upTo(faults.datagramReorderMax),
  }
  return { physics, splitReads: dice.chance(0.5) ? dice.within({ min: 0, max: faults.splitReadsMax }) : 0.02 }
}
