import type { Clock } from '@clowder/tribes'
import type { AntiEntropy } from './anti-entropy.js'
import type { Handover } from './handover.js'
import type { Peers } from './peers.js'

/** Leaving takes no longer than this, ms. */
const MAX_LEAVE_MS = 10_000

export interface LeavingComponents {
  readonly clock: Clock
  readonly peers: Peers
  readonly antiEntropy: AntiEntropy
  readonly handover: Handover
}

/** Gives what this node holds to those that lack it, or are to hold it when it is gone. */
export function leaveCluster(components: LeavingComponents): Promise<void> {
  return new Promise<void>(resolve => {
    let isOver = false
    const end = () => {
      isOver = true
      resolve()
    }
    const timer = components.clock.setTimer(MAX_LEAVE_MS, end)
    void giveAll(components, () => isOver).then(() => {
      timer.cancel()
      end()
    })
  })
}

/** Whoever holds a bucket with this node gets what it lacks of it, be it that it has only just begun; and whoever is to hold it then, all of it. */
async function giveAll({ antiEntropy, handover, peers }: LeavingComponents, isOver: () => boolean): Promise<void> {
  for (;;) {
    const members = peers.members()
    await Promise.all(members.map(member => antiEntropy.leaveTo(member)))
    if (isOver()) return
    const haveAll = await handover.leave()
    // Who has gone meanwhile has heirs as well.
    if (haveAll || isOver() || members === peers.members()) return
  }
}
