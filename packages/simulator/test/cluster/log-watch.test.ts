import t from 'tap'
import { LogWatch } from '../../src/cluster/log-watch.js'

function watch() {
  const broken: string[] = []
  const clock = { ms: 0 }
  const log = new LogWatch({ now: () => clock.ms, broken: what => broken.push(what) })
  return { log, broken, clock }
}

t.test('the same refusal twice within a minute is one line too many', async t => {
  const { log, broken, clock } = watch()
  log.warned('refused x at 10.0.0.1 (other cluster)')
  log.warned('refused y at 10.0.0.2 (other cluster)')
  clock.ms = 60_000
  log.warned('refused x at 10.0.0.1 (other cluster)')
  t.strictSame(broken, [])
  clock.ms = 119_999
  log.warned('refused x at 10.0.0.1 (other cluster)')
  t.match(broken, [/the next after 59999 ms: refused x/])
  t.equal(log.strangersRefused, 4)
})

t.test('errors that were asked for are none, and the others are', async t => {
  const { log } = watch()
  t.ok(log.isExpected('A listener of sessionCreated failed.', false))
  t.ok(log.isExpected('session attribute probe makes the session 9 bytes large', true))
  t.ok(log.isExpected('the changes of a request could not be committed', false, 'HA_SESSION_LOCK_LOST'))
  t.notOk(log.isExpected('the changes of a request could not be committed', false, 'HA_ANYTHING_ELSE'))
  t.notOk(log.isExpected('session attribute cart makes the session 9 bytes large', false), 'nobody has asked')
  t.notOk(log.isExpected('A listener failed on a message from a tcp://10.0.0.1:4000.', true), 'of the channel')
  t.strictSame([log.listenerFailures, log.refusals], [1, 1])
})
