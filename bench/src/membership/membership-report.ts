import { markdownTable, numberText, spreadText } from '../figures/markdown.js'
import { percentile, spreadOf } from '../figures/spread.js'
import type { Death } from './detection.js'
import type { DeathRow, IdleRow, MembershipResults } from './membership-family.js'

const DEATH_TITLES: Record<Death, string> = {
  killed: 'killed (kill -9)',
  silent: 'stands still (SIGSTOP)',
}

export function membershipReport({ idle, deaths }: MembershipResults): string {
  return [
    '## Belonging to a cluster',
    '',
    'A cluster of processes that have nothing to do, by default options: CPU time of each, in percent of one core, and bytes that each hands to the network (a heartbeat counts once),',
    'without the headers of IP. Median, in parentheses the members that took least and most.',
    '',
    markdownTable(['members', 'connections', 'CPU % of a core, each', 'bytes/s, each'], idle.map(idleCells)),
    '',
    'From the moment at which a member of three is killed, or stopped, to each survivor’s telling that it is gone.',
    '',
    markdownTable(['a member', 'connections', 'seen', 'p50 ms', 'p99 ms', 'worst ms'], deaths.map(deathCells)),
  ].join('\n')
}

function idleCells({ nodes, isSecured, cores, bytesPerSecond }: IdleRow): string[] {
  const percents = cores.map(share => 100 * share)
  return [`${nodes}`, kindOf(isSecured), spreadText(spreadOf(percents), 2), spreadText(spreadOf(bytesPerSecond), 0)]
}

function deathCells({ death, isSecured, tookMs }: DeathRow): string[] {
  const sorted = [...tookMs].sort((a, b) => a - b)
  const figures = [percentile(sorted, 0.5), percentile(sorted, 0.99), sorted.at(-1) ?? 0]
  return [DEATH_TITLES[death], kindOf(isSecured), `${sorted.length}`, ...figures.map(ms => numberText(ms, 0))]
}

function kindOf(isSecured: boolean): string {
  return isSecured ? 'TLS' : 'plain'
}
