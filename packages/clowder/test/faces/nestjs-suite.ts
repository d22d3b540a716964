import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { NestFactory } from '@nestjs/core'
import t from 'tap'
import { createCluster } from '../../src/create-cluster.js'
import { ClowderModule, Cluster } from '../../src/faces/nestjs/index.js'
import { getSession } from '../../src/faces/next/index.js'
import { createTestCluster } from '../../src/testing/create-test-cluster.js'
import { isolated, memberCount } from '../support/test-node.js'
import { Gates } from './support/face-routes.js'
import { faceSuite } from './support/face-suite.js'
import { MemoryCookies } from './support/memory-cookies.js'
import { nestApp } from './support/nest-app.js'
import { cookieOf } from './support/one-node.js'

const APP = fileURLToPath(new URL('support/nest-process.mjs', import.meta.url))

for (const platform of ['express', 'fastify'] as const)
  t.test(`nest on platform-${platform}`, async t => {
    faceSuite(t, async (cluster, gates) => (await nestApp(cluster, gates, platform)).getHttpServer())

    t.test(
      '@Session() gives the session, @InjectCluster() the cluster, and exceptions keep what was written',
      async t => {
        const app = async (node: Cluster) => (await nestApp(node, new Gates(), platform)).getHttpServer()
        const cluster = await createTestCluster(2, { app })
        t.teardown(() => cluster.stop())
        const user = cluster.browser()
        t.strictSame((await user.get(1, '/session')).json(), { note: 'by decorator', node: 'n2' })
        t.equal((await user.get(0, '/teapot')).status, 418)
        t.strictSame((await user.get(1, '/read')).json(), { note: 'before the exception' })
      },
    )
  })

t.test('an application without HTTP has the cluster, and its end stops it', async t => {
  const module = ClowderModule.forRoot({ distributable: false, logger: false })
  const app = await NestFactory.createApplicationContext(module, { logger: false, abortOnError: false })
  const cluster = app.get(Cluster)
  t.equal(cluster.state, 'ready')
  await app.close()
  t.equal(cluster.state, 'stopped')
})

t.test('options come from other providers, and bad ones reject the start', async t => {
  const bad = ClowderModule.forRootAsync({
    imports: [{ module: class Config {}, providers: [{ provide: 'route', useValue: 'no.dots' }], exports: ['route'] }],
    inject: ['route'],
    useFactory: (jvmRoute: string) => ({ distributable: false, jvmRoute }),
  })
  await t.rejects(NestFactory.create(bad, { logger: false, abortOnError: false }), { code: 'CLOWDER_BAD_OPTIONS' })
})

t.test('SIGTERM: the open request is answered, then the others hear a goodbye, then the process ends', async t => {
  const { logger, ...options } = isolated('nest')
  const peer = await createCluster({ ...options, logger: false })
  t.teardown(() => peer.stop())
  const child = fork(APP, [JSON.stringify(options)], { execArgv: [] })
  t.teardown(() => child.kill('SIGKILL'))
  const [[url]] = await Promise.all([once(child, 'message'), memberCount(peer, 1)])

  const asked = once(child, 'message')
  const order: string[] = []
  const answer = fetch(`${url}/slow`).finally(() => order.push('answered'))
  await asked
  const gone = memberCount(peer, 0).then(() => order.push('left'))
  const exit = once(child, 'exit').finally(() => order.push('ended'))
  const closing = once(child, 'message')
  child.kill('SIGTERM')
  await closing
  child.send('answer now')

  const response = await answer
  t.strictSame(await response.json(), { note: 'written while stopping' })
  await gone
  t.strictSame(await exit, [null, 'SIGTERM'])
  t.strictSame(order, ['answered', 'left', 'ended'])
  const cookies = new MemoryCookies()
  cookies.set('clowder.sid', cookieOf(response.headers.getSetCookie()).split('=')[1]!, {})
  t.equal((await getSession(peer, cookies)).get('note'), 'written while stopping')
})
