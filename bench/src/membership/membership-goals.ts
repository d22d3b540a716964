import type { Goal } from '../figures/goal.js'
import { numberText } from '../figures/markdown.js'
import { percentile, spreadOf } from '../figures/spread.js'
import type { Death } from './detection.js'
import type { MembershipResults } from './membership-family.js'

const MOST_PERCENT = 0.5
const LIMITS: readonly {
  readonly death: Death
  readonly what: string
  readonly mostMs: number
  readonly share: number
}[] = [
  { death: 'killed', what: 'kill -9 noticed, p99', mostMs: 250, share: 0.99 },
  { death: 'silent', what: 'a member that stands still is out, at the latest', mostMs: 4_000, share: 1 },
]

/** P16. */
export function membershipGoals({ idle, deaths }: MembershipResults): Goal[] {
  const largest = Math.max(...idle.map(({ nodes }) => nodes))
  return [
    ...deaths.map(({ death, isSecured, tookMs }) => {
      const { what, mostMs, share } = LIMITS.find(limit => limit.death === death)!
      const ms = percentile(
        [...tookMs].sort((a, b) => a - b),
        share,
      )
      return goal(
        `${what}, ${isSecured ? 'TLS' : 'plain'}`,
        `${numberText(ms, 0)} ms`,
        `≤ ${numberText(mostMs, 0)} ms`,
        ms <= mostMs,
      )
    }),
    ...idle
      .filter(({ nodes }) => nodes === largest)
      .map(({ nodes, isSecured, cores }) => {
        const percent = 100 * spreadOf(cores).median
        const what = `idle cluster of ${nodes}, CPU of each, ${isSecured ? 'TLS' : 'plain'}`
        return goal(what, `${numberText(percent, 2)} % of a core`, `< ${MOST_PERCENT} %`, percent < MOST_PERCENT)
      }),
  ]
}

function goal(what: string, measured: string, text: string, isMet: boolean): Goal {
  return { id: 'P16', what, measured, goal: text, isMet, peers: '–' }
}
