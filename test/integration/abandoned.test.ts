import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { freshMulticastPort, nodeOptions } from '../support/test-cluster.js'

const APP = fileURLToPath(new URL('../support/app.mjs', import.meta.url))

t.test('an application whose test has been killed ends, instead of serving nobody for ever', async t => {
  const child = fork(APP, [JSON.stringify({ cluster: nodeOptions('n1', freshMulticastPort()) })])
  t.teardown(() => child.kill('SIGKILL'))
  const isReady = new Promise(resolve =>
    child.on('message', ({ type }: { type: string }) => type === 'ready' && resolve(0)),
  )
  await isReady
  const gone = once(child, 'exit', { signal: AbortSignal.timeout(5_000) })
  child.disconnect()
  t.strictSame(await gone, [0, null])
})
