import t from 'tap'
import { ThrottledLog } from '../src/index.js'
import { VirtualClock } from './support/virtual-clock.js'

function world() {
  const lines: string[] = []
  const line = (_fields: object, message: string) => void lines.push(message)
  const clock = new VirtualClock()
  const log = new ThrottledLog({ clock, logger: { debug: line, info: line, warn: line, error: line } })
  return { clock, log, lines }
}

t.test('a topic is told once a minute', async t => {
  const { clock, log, lines } = world()
  for (let i = 0; i < 3; i++) log.warn('a', {}, `a ${i}`)
  log.error('b', {}, 'b')
  await clock.advance(60_000)
  log.warn('a', {}, 'a again')
  t.strictSame(lines, ['a 0', 'b', 'a again'])
})

t.test('who errs from a thousand addresses by turns is told of 256 times a minute, and no more', async t => {
  const { clock, log, lines } = world()
  for (let round = 0; round < 10; round++)
    for (let address = 0; address < 1000; address++) log.warn(`refused ${address}`, {}, `${address}`)
  t.equal(lines.length, 256)
  await clock.advance(60_000)
  log.warn('another', {}, 'another')
  t.equal(lines.at(-1), 'another')
})
