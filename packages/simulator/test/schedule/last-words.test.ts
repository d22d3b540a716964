import t from 'tap'
import type { ClusterNode } from '../../src/cluster/cluster-node.js'
import { Recorder } from '../../src/cluster/recorder.js'
import { LastWords } from '../../src/schedule/last-words.js'
import { VirtualClock } from '../../src/virtual-clock.js'

/** As much of a node as is killed and started. */
class Mortal {
  readonly name: string
  process: object | undefined = {}

  constructor(name: string) {
    this.name = name
  }

  kill(): void {
    this.process = undefined
  }

  start(): void {
    this.process = {}
  }

  get asNode(): ClusterNode {
    return this as unknown as ClusterNode
  }
}

function arrange() {
  const clock = new VirtualClock()
  const recorder = new Recorder({ clock })
  const lastWords = new LastWords({ clock, recorder })
  lastWords.schedule([{ atMs: 100, afterMs: 2, forMs: 50 }])
  return { clock, recorder, lastWords, a: new Mortal('a'), b: new Mortal('b') }
}

t.test(
  'the first process that is asked for a change after that moment is killed, and another takes its place',
  async t => {
    const { clock, recorder, lastWords, a, b } = arrange()
    lastWords.changeAsked(a.asNode)
    await clock.advance(100)
    t.ok(a.process, 'what was asked for before does not count')
    lastWords.changeAsked(b.asNode)
    lastWords.changeAsked(a.asNode)
    await clock.advance(1.9)
    t.ok(b.process)
    await clock.advance(0.2)
    t.notOk(b.process)
    t.ok(a.process)
    await clock.advance(50)
    t.ok(b.process)
    const faults = recorder.events.filter(event => event.kind === 'fault')
    t.match(faults, [
      { fault: 'F02', what: /^b / },
      { fault: 'F02', isOver: true },
    ])
  },
)

t.test('when everything has healed nobody is killed any more', async t => {
  const { clock, lastWords, a } = arrange()
  await clock.advance(100)
  lastWords.changeAsked(a.asNode)
  lastWords.stop()
  await clock.advance(10)
  t.ok(a.process)
})
