import t from 'tap'
import { Course } from '../../src/transport/course.js'
import { Dice } from '../support/dice.js'
import { VirtualClock } from '../support/virtual-clock.js'

/** How long it waits after another failure. */
async function waitMs(course: Course, clock: VirtualClock): Promise<number> {
  const startMs = clock.now()
  await clock.until(new Promise<void>(resolve => course.retryLater(resolve)))
  return clock.now() - startMs
}

t.test('after a connection that lasted a second the back-off begins anew, after a shorter one it goes on', async t => {
  for (const livedMs of [999, 1000]) {
    const clock = new VirtualClock()
    const course = new Course({ clock, random: new Dice(1) })
    for (let i = 0; i < 6; i++) await waitMs(course, clock)
    course.opened()
    await clock.advance(livedMs)
    const isLongLived = livedMs === 1000
    t.equal(course.closed(), isLongLived)
    const nextMs = await waitMs(course, clock)
    t.ok(isLongLived ? nextMs <= 50 : nextMs >= 500, `${nextMs} ms`)
  }
})
