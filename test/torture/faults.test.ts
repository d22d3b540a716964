import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { cannotRun } from './cli/cannot-run.js'
import type { Felt, Probed } from './probe/probe-main.js'

const PROBE = fileURLToPath(new URL('probe/probe-main.ts', import.meta.url))
const skip = cannotRun()

t.setTimeout(120_000)

t.test(
  'each fault of the network is felt by the hosts that it is done to, as what it is called, and is over when it is over',
  { skip },
  async t => {
    const lab = ['--net', '--mount', 'setpriv', '--pdeathsig', 'KILL', process.execPath, '--import', 'tsx', PROBE]
    const { felt, died }: Probed = JSON.parse(execFileSync('unshare', lab, { encoding: 'utf8', timeout: 100_000 }))
    const is = (name: string, n1: number | RangeOf, n2: number | RangeOf, echo: (echo: Felt['echo']) => boolean) => {
      const { heard, echo: answer } = felt[name]!
      const isSo = isIn(heard.n1!, n1) && isIn(heard.n2!, n2) && echo(answer)
      t.ok(isSo, `${name}: heard ${heard.n1} and ${heard.n2} of 100, ${answer}`)
    }
    const some: RangeOf = [40, 95]
    is('nothing', 100, 100, comesBack)
    is('cut', 0, 0, isSilent)
    is('one way', 100, 0, isSilent)
    is('heartbeat loss', some, some, comesBack)
    is('loss', some, some, () => true)
    is('no multicast', 0, 0, comesBack)
    is('resets', 0, 0, echo => echo === 'ECONNRESET')
    is('link down', 0, 0, isSilent)
    is('slow', 100, 100, echo => Number(echo) > 500)
    is('late', 100, 100, echo => Number(echo) >= 200)
    is('twice', [110, 190], [110, 190], comesBack)
    is('lossy relay', some, some, () => true)
    is('nothing any more', 100, 100, comesBack)
    t.equal(died, 'the relay of n1 ended by itself: SIGKILL')
  },
)

type RangeOf = readonly [number, number]

function isIn(figure: number, wanted: number | RangeOf): boolean {
  const [least, most] = typeof wanted === 'number' ? [wanted, wanted] : wanted
  return figure >= least && figure <= most
}

function comesBack(echo: Felt['echo']): boolean {
  return typeof echo === 'number'
}

function isSilent(echo: Felt['echo']): boolean {
  return echo === 'silence'
}
