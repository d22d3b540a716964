import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import type { NodeProcess } from './node/node-process.js'
import { EventWatch } from './scenarios/event-watch.js'

t.test('what is to be heard since the beginning is waited for from now on', async t => {
  const watch = new EventWatch()
  const heard = watch.heard('disappeared', 'n1', ['n2'], 0, 5_000)
  await delay(20)
  const n2 = { name: 'n2', incarnation: 'n2#1' } as NodeProcess
  watch.told(n2, { at: 7, type: 'view', what: 'disappeared', member: 'n1', members: [] })
  t.strictSame(await heard, [7])
})

t.test('and no longer than it is said to be', async t => {
  t.strictSame(await new EventWatch().heard('disappeared', 'n1', ['n2'], 0, 10), [])
})
