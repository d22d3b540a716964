import type { Clock, Logger, Member } from '@clowder/tribes'
import { memberText } from '@clowder/tribes'
import type { AntiEntropy } from './anti-entropy.js'
import type { Peers } from './peers.js'
import type { Placement } from './placement.js'

export interface JoiningComponents {
  readonly clock: Clock
  readonly logger: Logger
  readonly peers: Peers
  readonly antiEntropy: AntiEntropy
  readonly placement: Placement
}

/** What a join brought. `complete`: no share is missing because nobody answered for it. */
interface JoinResult {
  readonly sessions: number
  readonly complete: boolean
}

/**
 * Waits for a join no longer than `timeoutSeconds` (-1: as long as it takes; 0: not at all). What comes later is joined all the same.
 */
export async function waitForJoin(
  components: Pick<JoiningComponents, 'clock' | 'logger'>,
  managerName: string,
  joined: Promise<JoinResult>,
  timeoutSeconds: number,
): Promise<void> {
  if (timeoutSeconds === 0) return
  if (timeoutSeconds < 0) return void (await joined)
  const { clock, logger } = components
  const timeoutMs = timeoutSeconds * 1000
  await new Promise<void>(resolve => {
    const timer = clock.setTimer(timeoutMs, () => {
      logger.error(
        { timeoutMs },
        `Manager [${managerName}]: no complete session state received, timing out after ${timeoutMs} ms; the rest follows by anti-entropy`,
      )
      resolve()
    })
    void joined.then(() => {
      timer.cancel()
      resolve()
    })
  })
}

/**
 * State transfer for a node that starts: every member sends a share of the table, all at once. A share whose donor dies, stalls, or is itself still
 * joining, is asked of the next member.
 */
export async function joinCluster(components: JoiningComponents, managerName: string): Promise<JoinResult> {
  const { clock, logger, peers } = components
  const donors = peers.members()
  if (donors.length === 0) {
    logger.info({}, `Manager [${managerName}]: skipping state transfer. No members active in cluster`)
    return { sessions: 0, complete: true }
  }
  const startedMs = clock.now()
  logger.info(
    { members: donors.length },
    `Manager [${managerName}], requesting session state from ${donors.map(memberText).join(', ')}`,
  )
  const silent = new Set<Member>()
  // A share of what everybody has can come from anybody; where not everybody has everything, each is asked for what it shares with this node.
  const parts = components.placement.isEverywhere ? donors : []
  const shares = await Promise.all(parts.map((_, share) => fetchShare(components, share, donors, silent)))
  const answering = donors.filter(donor => !silent.has(donor))
  const sessions = shares.reduce((sum, s) => sum + s.sessions, 0) + (await compareWithAll(components, answering))
  const complete = shares.every(s => s.complete)
  const elapsedMs = Math.round(clock.now() - startedMs)
  const text = `Manager [${managerName}], session state received: ${sessions} sessions in ${elapsedMs} ms`
  if (complete) logger.info({ sessions, elapsedMs }, text)
  else logger.warn({ sessions, elapsedMs }, `${text}; some members did not answer, the rest follows by anti-entropy`)
  return { sessions, complete }
}

/** Asks one donor after the other for this share, beginning with its own, until a complete one has sent it. One that failed joins the `silent`. */
async function fetchShare(
  { antiEntropy, peers }: JoiningComponents,
  share: number,
  donors: readonly Member[],
  silent: Set<Member>,
): Promise<JoinResult> {
  let sessions = 0
  let answered = false
  for (let n = 0; n < donors.length; n++) {
    const donor = donors[(share + n) % donors.length]!
    if (!peers.isMember(donor) || silent.has(donor)) continue
    const outcome = await antiEntropy.open(donor, share, donors.length)
    if (outcome.kind === 'failed') {
      silent.add(donor)
      continue
    }
    sessions += outcome.received
    answered = true
    if (outcome.answererReady) return { sessions, complete: true }
  }
  return { sessions, complete: answered || donors.every(d => !peers.isMember(d)) }
}

/**
 * A donor may itself have been behind: ready is who is equal to all of them that answer. Costs one message each way when nothing differs.
 */
async function compareWithAll({ antiEntropy, peers }: JoiningComponents, donors: readonly Member[]): Promise<number> {
  const present = donors.filter(donor => peers.isMember(donor))
  const outcomes = await Promise.all(present.map(donor => antiEntropy.open(donor)))
  return outcomes.reduce((sum, outcome) => sum + (outcome.kind === 'done' ? outcome.received : 0), 0)
}
