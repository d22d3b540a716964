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
try {
  for (const kind of values.kinds.split(',') as FloodKind[]) {
    const outcomes: Record<'control' | 'flood', FloodOutcome[]> = { control: [], flood: [] }
    for (let round = 0; round < rounds; round++)
      for (const what of ['control', 'flood'] as const)
        outcomes[what].push(await lab.flood({ kind, isControl: what === 'control', seconds: ROUND_SECONDS }))
    console.log(kind)
    for (const what of ['control', 'flood'] as const) console.log(`  ${what.padEnd(8)} ${lineOf(outcomes[what])}`)
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
  const [p50, p99] = [0.5, 0.99].map(q => middle(({ latenciesMs }) => quantile(latenciesMs, q)))
  const failures = outcomes.reduce((sum, outcome) => sum + outcome.failures, 0)
  const sent = `${Math.round(middle(o => o.datagrams) / ROUND_SECONDS)} datagrams/s ${Math.round(middle(o => o.connects) / ROUND_SECONDS)} connects/s`
  return `p50 ${p50!.toFixed(2)} ms  p99 ${p99!.toFixed(2)} ms  members' CPU ${middle(o => o.cpuMs).toFixed(0)} ms/s  failed ${failures}  (${sent})`
}

function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN
}
