import { once } from 'node:events'
import t from 'tap'
import { holdProcess } from '../src/cluster/hold-process.js'
import { stopOnSignals } from '../src/cluster/stop-signals.js'

const SIGNAL = 'SIGUSR2'
/** Comes after what was raised before it. */
const FENCE = 'SIGWINCH'

/** Of this process. */
async function raised(signal: NodeJS.Signals): Promise<void> {
  const heard = holdProcess(once(process, signal))
  process.kill(process.pid, signal)
  await heard
}

t.test('a signal is raised again when every cluster of the process has stopped, and not before', async t => {
  const told: string[] = []
  const application = () => told.push('signal')
  process.on(SIGNAL, application)
  t.teardown(() => process.off(SIGNAL, application))
  let end = () => {}
  const slow = () => new Promise<void>(resolve => (end = resolve)).then(() => void told.push('slow'))
  const quick = async () => void told.push('quick')
  for (const stop of [quick, slow]) stopOnSignals([SIGNAL], stop)
  const idle = stopOnSignals([SIGNAL], async () => void told.push('was stopped before'))
  idle()
  await raised(SIGNAL)
  await raised(FENCE)
  if (!t.strictSame(told, ['signal', 'quick'])) return
  const again = holdProcess(once(process, SIGNAL))
  end()
  await again
  t.strictSame(told, ['signal', 'quick', 'slow', 'signal'])
})
