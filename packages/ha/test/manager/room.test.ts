import { setImmediate } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Member } from '@clowder/tribes'
import t from 'tap'
import { Room } from '../../src/manager/room.js'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

t.test('who waited for room goes on as soon as there is some, and is not remembered', async t => {
  const room = new Room()
  const near = { id: 'near' } as Member
  const waiting = [room.at(near), room.at(near)].map(at => new WeakRef(at))
  const remembered = async () => {
    await setImmediate()
    collect()
    return waiting.filter(at => at.deref()).length
  }
  t.equal(await remembered(), 2)
  room.changed(near)
  t.equal(await remembered(), 0)
})

t.test('when nothing is sent any more nobody goes on', async t => {
  const room = new Room()
  const near = { id: 'near' } as Member
  let hasGoneOn = false
  const waiting = () => void room.at(near).then(() => (hasGoneOn = true))
  waiting()
  room.stop()
  room.changed(near)
  await setImmediate()
  t.notOk(hasGoneOn)
  waiting()
  room.changed(near)
  await setImmediate()
  t.ok(hasGoneOn, 'as one does who waits for room')
})
