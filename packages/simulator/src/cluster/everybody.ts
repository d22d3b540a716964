import type { Commit } from '@clowder/ha'
import type { ClusterProcess } from './cluster-process.js'
import { type Evidence, isMissing } from './evidence.js'

/**
 * Whom a commit is to wait for where `all` must acknowledge it: whoever is a member for its process when it is made. None where some of them are not waited for, because they have missed a deadline, and where
 * each session is on a few.
 */
export function everybodyFor(process: ClusterProcess, processes: readonly ClusterProcess[]): readonly ClusterProcess[] {
  const { acknowledge, copies } = process.options.manager
  if (acknowledge !== 'all' || copies !== undefined || process.manager.inspect().laggingMembers > 0) return []
  const ids = new Set(process.channel.members().map(({ id }) => id))
  const running = processes.filter(({ isReady }) => isReady)
  const idsThere = processes.map(idOf)
  // Of two that have one incarnation only one is the member; it may be the one that is still starting.
  const hasTwin = (id: string) => idsThere.indexOf(id) !== idsThere.lastIndexOf(id)
  return running.filter(other => {
    const id = idOf(other)
    return other !== process && id !== undefined && ids.has(id) && !hasTwin(id)
  })
}

function idOf({ isAlive, channel }: ClusterProcess): string | undefined {
  return isAlive ? channel.localMember()?.id : undefined
}

/** Of these, the names of those that live and lack what all of them are said to hold. */
export function withoutIt(everybody: readonly ClusterProcess[], evidence: Evidence): readonly string[] {
  return everybody.filter(({ isReady, manager }) => isReady && isMissing(manager, evidence)).map(({ node }) => node)
}

/** What is said to be held by all is with each of them. */
export function watchEverybody(
  process: ClusterProcess,
  processes: readonly ClusterProcess[],
  { acknowledged }: Commit,
  evidence: Evidence,
): void {
  const everybody = acknowledged ? everybodyFor(process, processes) : []
  if (everybody.length === 0) return
  acknowledged?.then(outcome => {
    const lacking = outcome === 'held' ? withoutIt(everybody, evidence) : []
    if (lacking.length > 0) process.broken(`what all are said to hold is not with ${lacking}`)
  })
}
