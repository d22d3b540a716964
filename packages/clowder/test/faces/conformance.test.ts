import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type FaceSettings, faceConformance, type StartFace } from '@clowder/conformance'
import t, { type Test } from 'tap'
import { type Cluster, createCluster } from '../../src/index.js'
import type { MountOptions } from '../../src/options/mount-options.js'
import { isolated, startMembers } from '../support/test-node.js'
import { type ConformanceApp, conformanceApps } from './support/conformance-apps.js'

function mountOptions({ maxAge, ...others }: FaceSettings): MountOptions {
  return { ...others, cookie: { maxAge } }
}

/** Serves the application on each member. */
function startOn(members: readonly Cluster[], makeApp: ConformanceApp): StartFace {
  return async (app, settings) => {
    const servers = await Promise.all(members.map(member => makeApp(app, member, mountOptions(settings))))
    return {
      urls: await Promise.all(servers.map(listening)),
      cookieName: 'clowder.sid',
      stop: async () => {
        for (const server of servers) {
          server.close()
          server.closeAllConnections()
        }
      },
    }
  }
}

async function listening(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function onMembers(t: Test, members: readonly Cluster[], faces: readonly string[]): void {
  for (const face of faces)
    t.test(face, async t => {
      faceConformance((title, run) => t.test(title, run), startOn(members, conformanceApps[face]!))
    })
}

t.test('every face, on one node', async t => {
  const node = await createCluster({ distributable: false, logger: false })
  t.teardown(() => node.stop())
  onMembers(t, [node], Object.keys(conformanceApps))
})

t.test('every face, on three nodes that talk over sockets, each request to any of them', async t => {
  const members = await startMembers(['a', 'b', 'c'], { ...isolated('faces'), manager: { acknowledge: 'all' } })
  t.teardown(() => Promise.all(members.map(member => member.stop())))
  onMembers(t, members, Object.keys(conformanceApps))
})
