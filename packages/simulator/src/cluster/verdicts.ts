import { OUTSIDER_ADDRESS } from '../faults/hostile-words.js'
import type { ClusterProcess } from './cluster-process.js'

/** So long after its start a process that hears no datagram has said so, whatever held it up, ms. */
const DEAF_KNOWN_MS = 15_000
/** One member is dialled five times in a row at most, and then 2.5 times a second; two may have had one address in that second. */
const MOST_DIALS = 14

/** What was owed by one process over its whole life, and was not given. */
export function verdictsOn(process: ClusterProcess): string[] {
  const { host, listeners, log, options, livedMs, isAlive, manager } = process
  const { sessions, ownSessions } = manager.inspect()
  const held = manager.sessionIds().length
  const { datagramsTooLarge, dialRate } = host.counters
  const mustBeDeaf = options.members !== undefined && process.isReady && livedMs > DEAF_KNOWN_MS
  const verdicts = [
    datagramsTooLarge > 0 && `${datagramsTooLarge} datagrams were larger than the network lets through`,
    dialRate.most > MOST_DIALS && `one address was dialled ${dialRate.most} times in a second`,
    listeners.thrown !== log.listenerFailures &&
      `the application's listeners threw ${listeners.thrown} times, and ${log.listenerFailures} times the log says so`,
    isAlive && hasOutsider(process) && 'a connection of somebody who was never let in is still open',
    isAlive && sessions !== held && `${sessions} sessions are counted, and ${held} are held`,
    // A node has room for so many of its own.
    isAlive && !(ownSessions >= 0 && ownSessions <= held) && `${ownSessions} own sessions are counted, of ${held}`,
    mustBeDeaf && log.deafWarnings !== 1 && 'without multicast, a warning that says so is owed',
  ]
  return verdicts.filter(verdict => verdict !== false)
}

function hasOutsider({ host }: ClusterProcess): boolean {
  return [...host.streams].some(({ peerAddress }) => peerAddress === OUTSIDER_ADDRESS)
}
