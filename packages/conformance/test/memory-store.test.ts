import session from 'express-session'
import t from 'tap'
import { type ConformantStore, storeConformance } from '../src/index.js'

/** What the store that comes with express-session does not do. */
const KNOWN = [
  'a request that ends after its session was destroyed does not bring it back',
  'a session that is written and destroyed at the same time is destroyed',
  'two requests that set different attributes both keep what they set',
  'what one request removes stays removed when another ends later',
  'a request that saves twice does not undo what another saved between',
  'without a callback a call gives a promise of its outcome',
]

t.test('the memory store of express-session', async t => {
  const { now } = Date
  let passedMs = 0
  Date.now = () => now() + passedMs
  t.teardown(() => {
    Date.now = now
  })
  const advance = async (ms: number) => {
    passedMs += ms
  }
  storeConformance(
    (title, run) => t.test(title, run),
    () => ({ stores: [new session.MemoryStore() as unknown as ConformantStore], advance }),
    { known: KNOWN },
  )
})
