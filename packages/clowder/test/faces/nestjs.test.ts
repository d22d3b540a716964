import t from 'tap'
import { faceSuite } from './support/face-suite.js'
import { nestApp } from './support/nest-app.js'

for (const platform of ['express', 'fastify'] as const)
  t.test(`nest on platform-${platform}`, async t =>
    faceSuite(t, async (cluster, gates) => (await nestApp(cluster, gates, platform)).getHttpServer()),
  )
