// `npm run flood -- --seconds 30`: what a flood costs the application, beside a flooder that is as busy and means nobody.
import { parseArgs } from 'node:util'
import { type FloodKind, FloodLab, type FloodOutcome } from './flood-lab.js'

const KINDS: readonly FloodKind[] = ['random', 'forged', 'replayed', 'connects', 'mixed']
const ROUND_SECONDS = 3
const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '30' },
    kinds: { type: 'string', default: KINDS.join(',') },
    datagrams: { type: 'string', default: '50000' },
    connects: { type: 'string', default: '1000' },
    requests: { type: 'string', default: '200' },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  process.stdout.write(
    `npm run flood -- [--seconds 30] [--kinds ${KINDS.join(',')}] [--datagrams N] [--connects N] [--requests N]   (N a second; needs root)\n`,
  )
  process.exit(0)
}

const rounds = Math.max(1, Math.round(Number(values.seconds) / ROUND_SECONDS))
const lab = await FloodLab.open({
  datagramsPerSecond: Number(values.datagrams),
  connectsPerSecond: Number(values.connects),
  requestsPerSecond: Number(values.requests),
})
const WHAT = ['control', 'flood'] as const
type Outcomes = Record<(typeof WHAT)[number], FloodOutcome[]>

try {
  // What is slow because it is new is neither's.
  await lab.flood({ kind: 'mixed', isControl: false, seconds: ROUND_SECONDS })
  for (const kind of values.kinds.split(',') as FloodKind[]) {
    const outcomes: Outcomes = { control: [], flood: [] }
    for (let round = 0; round < rounds; round++)
      // Each goes first as often as the other: what the one leaves behind is not always the same one's.
      for (const what of round % 2 === 0 ? WHAT : WHAT.toReversed())
        outcomes[what].push(await lab.flood({ kind, isControl: what === 'control', seconds: ROUND_SECONDS }))
    console.log(kind)
    for (const what of WHAT) console.log(`  ${what.padEnd(8)} ${lineOf(outcomes[what])}`)
    console.log(`  worse by ${comparisonOf(outcomes)}`)
  }
  for (const app of lab.apps) {
    const { multicast, membership } = await app.ask<{ multicast: object; membership: object }>('inspect')
    console.log(app.name, 'sees', await app.ask('members'), multicast, membership)
    for (const message of app.messages)
      if (message.type === 'log' && message.level !== 'info') console.log('  ', message.message)
    console.log('  members gone:', app.messages.filter(message => message.type === 'memberDisappeared').length)
  }
} finally {
  await lab.close()
}

/** The middle of the rounds, each figure by itself: a round in which the machine did something else does not count more than another. */
function lineOf(outcomes: readonly FloodOutcome[]): string {
  const middle = (figure: (outcome: FloodOutcome) => number) => quantile(outcomes.map(figure), 0.5)
  const failures = outcomes.reduce((sum, outcome) => sum + outcome.failures, 0)
  const sent = `${Math.round(middle(o => o.datagrams) / ROUND_SECONDS)} datagrams/s ${Math.round(middle(o => o.connects) / ROUND_SECONDS)} connects/s`
  const busy = `CPU of the members ${middle(o => o.cpuMs).toFixed(0)} ms/s, of the flooder ${middle(o => o.flooderCpuMs).toFixed(0)} ms/s`
  return `p50 ${middle(o => latency(o, 0.5)).toFixed(2)} ms  p99 ${middle(o => latency(o, 0.99)).toFixed(2)} ms  ${busy}  failed ${failures}  (${sent})`
}

/** Round by round, since a machine is not equally fast for minutes: the middle of the ratios, and between which a half of them lies. */
function comparisonOf({ control, flood }: Outcomes): string {
  const ratios = (figure: (outcome: FloodOutcome) => number) =>
    flood.map((outcome, round) => figure(outcome) / figure(control[round]!))
  const worse = (q: number) => {
    const all = ratios(outcome => latency(outcome, q))
    const [low, middle, high] = [0.25, 0.5, 0.75].map(part => `${Math.round(100 * (quantile(all, part) - 1))} %`)
    return `${middle} (${low} to ${high})`
  }
  return `p50 ${worse(0.5)}  p99 ${worse(0.99)}`
}

function latency({ latenciesMs }: FloodOutcome, q: number): number {
  return quantile(latenciesMs, q)
}

function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN
}
