import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type FaceSettings, faceConformance, type StartFace } from '@clowder/conformance'
import t, { type Test } from 'tap'
import { type Cluster, createCluster } from '../../src/index.js'
import type { MountOptions } from '../../src/options/mount-options.js'
import { createTestCluster } from '../../src/testing/index.js'
import { isolated, memberCount } from '../support/test-node.js'
import { type ConformanceApp, conformanceApps, viaExpressSession } from './support/conformance-apps.js'

function mountOptions({ maxAge, ...others }: FaceSettings): MountOptions {
  return { ...others, cookie: { maxAge } }
}

interface Members {
  readonly cookieName?: string
  readonly hasRoute?: boolean
  readonly nodes: readonly Cluster[]
  readonly advance?: (ms: number) => Promise<void>
  readonly settled?: () => Promise<void>
}

/** Serves the application on each member. */
function startOn({ nodes, ...others }: Members, makeApp: ConformanceApp): StartFace {
  return async (app, settings) => {
    const servers = await Promise.all(nodes.map(node => makeApp(app, node, mountOptions(settings))))
    const stop = async () => {
      for (const server of servers) {
        server.close()
        server.closeAllConnections()
      }
    }
    return { cookieName: 'clowder.sid', ...others, urls: await Promise.all(servers.map(listening)), stop }
  }
}

async function listening(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function onMembers(t: Test, members: Members, faces: readonly string[]): void {
  for (const face of faces)
    t.test(face, async t => {
      faceConformance((title, run) => t.test(title, run), startOn(members, conformanceApps[face]!))
    })
}

async function virtualMembers(t: Test, count: number): Promise<Members> {
  const cluster = await createTestCluster(count, { manager: { acknowledge: 'all' } })
  t.teardown(() => cluster.stop())
  return {
    nodes: cluster.nodes,
    hasRoute: true,
    advance: ms => cluster.advance(ms),
    settled: () => cluster.converged(),
  }
}

const faces = Object.keys(conformanceApps)

t.test('every face, on one node', async t => {
  onMembers(t, await virtualMembers(t, 1), faces)
})

t.test('every face, on three nodes, each request to any of them', async t => {
  onMembers(
    t,
    await virtualMembers(t, 3),
    // Both versions of Express are given the same function.
    faces.filter(face => face !== 'express 4'),
  )
})

/** Of express-session itself, whatever its store. */
const KNOWN_OF_EXPRESS_SESSION = [
  'attributes may have odd names, and be large',
  'destroy takes the cookie out of the browser',
  'what was stored before a stream began is there when its first part is',
  'a good cookie is found behind a bad one of the same name',
]

for (const count of [1, 3])
  t.test(`express-session with the cluster as its store, on ${count} nodes`, async t => {
    const { nodes, advance, settled } = await virtualMembers(t, count)
    const { now } = Date
    let passedMs = 0
    Date.now = () => now() + passedMs
    t.teardown(() => {
      Date.now = now
    })
    const both = async (ms: number) => {
      passedMs += ms
      await advance!(ms)
    }
    const members = { nodes, settled: settled!, advance: both, cookieName: 'connect.sid' }
    faceConformance((title, run) => t.test(title, run), startOn(members, viaExpressSession), {
      known: KNOWN_OF_EXPRESS_SESSION,
    })
  })

t.test('on three nodes that talk over sockets, in real time', async t => {
  const options = { ...isolated('faces'), manager: { acknowledge: 'all' } } as const
  const nodes = await Promise.all([1, 2, 3].map(() => createCluster(options)))
  t.teardown(() => Promise.all(nodes.map(node => node.stop())))
  await Promise.all(nodes.map(node => memberCount(node, 2)))
  onMembers(t, { nodes }, ['node:http'])
})
