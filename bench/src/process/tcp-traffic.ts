import { spawnSync } from 'node:child_process'
import { installPackages, isInstalled } from './debian-packages.js'

/** What connections between processes of this host have sent so far, in both directions. */
export interface TcpTraffic {
  readonly bytes: number
  readonly packets: number
}

/** Undefined when there is `ss`, which counts, or else why not. */
export function trafficProblem(tell: (text: string) => void): string | undefined {
  return isInstalled('ss', '-V') ? undefined : installPackages(['iproute2'], tell)
}

/** Of all connections of which one end is one of `ports`, as the kernel counts them (`ss` of iproute2); undefined where there is no `ss`. */
export function tcpTraffic(ports: readonly number[]): TcpTraffic | undefined {
  const filter = ports.flatMap(port => ['or', 'sport', '=', `:${port}`, 'or', 'dport', '=', `:${port}`]).slice(1)
  const { status, stdout } = spawnSync('ss', ['-tinOH', 'state', 'established', '(', ...filter, ')'], {
    encoding: 'utf8',
  })
  if (status !== 0) return undefined
  const sum = (pattern: RegExp) => [...stdout.matchAll(pattern)].reduce((total, match) => total + Number(match[1]), 0)
  return { bytes: sum(/\bbytes_sent:(\d+)/g), packets: sum(/\bsegs_out:(\d+)/g) }
}

export function trafficSince(now: TcpTraffic, before: TcpTraffic): TcpTraffic {
  return { bytes: now.bytes - before.bytes, packets: now.packets - before.packets }
}
