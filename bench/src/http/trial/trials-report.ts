import { markdownTable, numberText } from '../../figures/markdown.js'
import { sessionTitle } from '../system.js'
import type { KilledNode } from './killed-node.js'
import type { Trial } from './trial.js'
import { goneText, joinsText, overPayload, wireTitle } from './trial-goals.js'

/** Headers of IPv4 and of TCP with timestamps. */
const PACKET_HEADER_BYTES = 52

export function trialsReport(trials: readonly Trial[]): string {
  return [
    '### Trials, two nodes',
    '',
    'Wire: what members send each other for a request, by the kernel’s count of their connections, both directions, acknowledgements and TLS included; with the headers of TCP and IP in parentheses.',
    'Join: from `createCluster` (Tomcat: from its start) to its return, where the others hold 900 sessions, and whether it then had them. Killed: a node gets SIGKILL right after the last of 1,000 clients',
    'has its answer; missing: the other node does not know what that client did. Hung: one of two gets SIGSTOP while 16 clients change their sessions at the other; p99 before, of the first 250 ms, of the 4 s after that.',
    '',
    markdownTable(
      [
        'system',
        'join',
        'killed: missing',
        'hung: p99 before',
        'first',
        'then',
        'requests then',
        'out of the group after',
      ],
      trials.map(({ system, joins, killed, hung }) => [
        `${system.framework}: ${sessionTitle(system)}`,
        joinsText(joins),
        killedText(killed),
        msText(hung.p99BeforeUs),
        msText(hung.p99FirstUs),
        msText(hung.p99MeanwhileUs),
        numberText(hung.requestsMeanwhile, 0),
        goneText(hung),
      ]),
    ),
    '',
    wireTable(trials),
  ].join('\n')
}

function killedText({ missing, failed, sessions }: KilledNode): string {
  const others = failed === 0 ? '' : `, ${failed} failed`
  return `${numberText(missing, 0)} of ${numberText(sessions, 0)}${others}`
}

function wireTable(trials: readonly Trial[]): string {
  return markdownTable(
    ['system', 'request', 'bytes each', 'over the payload', 'packets each'],
    trials.flatMap(({ system, wire }) =>
      wire.map(run => [
        `${system.framework}: ${sessionTitle(system)}`,
        wireTitle(run),
        `${numberText(run.bytesPerRequest, 0)} (${numberText(run.bytesPerRequest + run.packetsPerRequest * PACKET_HEADER_BYTES, 0)})`,
        numberText(overPayload(run), 0),
        numberText(run.packetsPerRequest, 2),
      ]),
    ),
  )
}

function msText(us: number): string {
  return `${numberText(us / 1000, 1)} ms`
}
