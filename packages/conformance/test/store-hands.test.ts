import t from 'tap'
import { call } from '../src/store-hands.js'

t.test('a call that throws fails at once, and leaves nothing that keeps the process waiting', async t => {
  const timers = () => process.getActiveResourcesInfo().filter(name => name === 'Timeout').length
  const before = timers()
  const store = {
    get() {
      throw new Error('not implemented')
    },
  }
  await t.rejects(call(store as never, 'get', 'mine'), { message: 'not implemented' })
  t.equal(timers(), before)
})
