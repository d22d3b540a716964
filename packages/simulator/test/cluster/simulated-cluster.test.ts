import t from 'tap'
import type { Answer } from '../../src/cluster/answer.js'
import { plainProcess } from '../../src/cluster/process-options.js'
import { Recorder } from '../../src/cluster/recorder.js'
import { SimulatedCluster } from '../../src/cluster/simulated-cluster.js'
import { type Application, sessionIn } from '../../src/cluster/visit.js'
import { SeededRandom } from '../../src/seeded-random.js'
import { SimNetwork } from '../../src/sim-network.js'
import { VirtualClock } from '../../src/virtual-clock.js'

async function started(names = 'abc', options = plainProcess) {
  const clock = new VirtualClock()
  const random = new SeededRandom(1)
  const recorder = new Recorder({ clock })
  const network = new SimNetwork({ clock, random: random.fork() })
  const plans = [...names].map(name => ({ name, skewMs: 0, rate: 1 }))
  const cluster = new SimulatedCluster({ network, random, recorder }, plans, options)
  for (const node of cluster.nodes) node.start()
  await clock.advance(1_000)
  const visit = async (node: string, cookie: string | undefined, application: Application): Promise<Answer> => {
    let answer: Answer | undefined
    cluster.node(node).process!.visit(cookie, application, given => {
      answer = given
    })
    await clock.runUntil(() => answer !== undefined)
    return answer!
  }
  return { clock, cluster, recorder, network, visit }
}

const write = (version: number) => (visit: Parameters<Application>[0]) => {
  visit.write('cart', version)
  visit.finish()
}
const read = (visit: Parameters<Application>[0]) => {
  visit.read('cart')
  visit.finish()
}

t.test('what one node has written another one reads, and the onlooker knows who holds it', async t => {
  const { visit, cluster } = await started()
  const written = await visit('a', undefined, write(1))
  t.match(written, {
    outcome: 'ok',
    isNew: true,
    acknowledged: 'held',
    wrote: [{ name: 'cart', version: 1, base: null }],
  })
  t.ok(written.holders!.includes('a#1') && written.holders!.length >= 2, `held by ${written.holders}`)
  t.match(await visit('b', written.cookie!, read), { outcome: 'ok', read: { cart: 1 } })
  t.strictSame(cluster.node('b').process!.members(), ['a', 'c'])
})

t.test('a logout ends the session for whoever comes with its cookie', async t => {
  const { clock, visit } = await started()
  const { cookie } = await visit('a', undefined, write(1))
  const ended = await visit('b', cookie!, v => {
    v.destroy()
    v.finish()
  })
  // One other has heard of it when the answer goes out.
  await clock.advance(10)
  t.match(ended, { outcome: 'ok', cookie: null, ended: [sessionIn(cookie!)] })
  const after = await visit('c', cookie!, v => (v.isLost ? v.finishWithout('none found') : read(v)))
  t.equal(after.outcome, 'none')
})

for (const maxDeathCertificates of [0, 1_000_000])
  t.test(
    `with room for ${maxDeathCertificates} certificates an end is held by those it has come to, whether they have forgotten it or not, and by nobody else`,
    async t => {
      const manager = { ...plainProcess.manager, maxDeathCertificates }
      const { cluster, clock, visit } = await started('abc', { ...plainProcess, manager })
      cluster.node('a').pause('pause')
      const { cookie } = await visit('b', undefined, write(1))
      await clock.advance(5_000)
      const ended = await visit('b', cookie!, v => {
        v.destroy()
        v.later(8_000, () => v.finish())
      })
      t.strictSame(ended.holders, ['b#1', 'c#1'])
      const kept = ['b', 'c'].map(name => cluster.node(name).process!.manager.inspect().deathCertificates)
      t.strictSame(kept, maxDeathCertificates === 0 ? [0, 0] : [1, 1])
    },
  )

t.test(
  'a process that is killed leaves its requests without an answer, and the next one has another incarnation',
  async t => {
    const { clock, cluster, recorder } = await started()
    const node = cluster.node('a')
    let answer: Answer | undefined
    node.process!.visit(
      undefined,
      v => v.later(100, () => v.finish()),
      given => {
        answer = given
      },
    )
    await clock.advance(10)
    node.kill()
    t.equal(answer?.outcome, 'lost')
    node.start()
    await clock.advance(1_000)
    t.equal(node.process?.incarnation, 'a#2')
    t.strictSame(node.process?.members(), ['b', 'c'])
    const ends = recorder.events
      .filter(event => event.kind === 'process' && event.node === 'a')
      .map(event => 'what' in event && event.what)
    t.strictSame(ends, ['start', 'ready', 'kill', 'start', 'ready'])
  },
)

t.test('a process that stops answers what it has begun first', async t => {
  const { clock, cluster } = await started()
  const { process } = cluster.node('a')
  let answer: Answer | undefined
  process!.visit(
    undefined,
    v => v.later(100, () => write(1)(v)),
    given => {
      answer = given
    },
  )
  const stopped = process!.stop()
  await clock.completion(stopped)
  t.match(answer, { outcome: 'ok', wrote: [{ version: 1 }] })
  t.notOk(process!.isAlive)
})

t.test('what dies with a process is named', async t => {
  const { cluster, recorder, network, visit, clock } = await started()
  network.isolate('10.0.0.1')
  await clock.advance(5_000)
  const { cookie } = await visit('a', undefined, write(1))
  cluster.node('a').kill()
  const end = recorder.events.find(event => event.kind === 'process' && event.what === 'kill')
  t.match(end, { tookAlong: [sessionIn(cookie!)] })
})
