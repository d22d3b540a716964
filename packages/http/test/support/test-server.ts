import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ReplicationValve, type ReplicationValveOptions } from '../../src/index.js'
import { Browser } from './browser.js'
import { RecordingLogger } from './recording-logger.js'
import { TestManager } from './test-manager.js'

export const SECRET = 'sixteen characters or more'

/** Tap's test, as far as a server needs it. */
export interface Teardown {
  teardown(handler: () => unknown): void
}

declare module '../../src/session/session-data.js' {
  interface SessionData {
    naps: number
    purrs: number
    cat: { name: string; roles?: string[] }
    yarn: unknown
  }
}

export interface TestServer {
  readonly manager: TestManager
  readonly valve: ReplicationValve
  readonly logger: RecordingLogger
  readonly server: Server
  readonly port: number
  browser(): Browser
}

export type Handler = RequestListener

/** A real server on the loopback, whose listener is made from the valve; it ends with the test. */
export async function serveWith(
  t: Teardown,
  options: Partial<ReplicationValveOptions>,
  listenerOf: (valve: ReplicationValve) => RequestListener,
  manager = new TestManager(),
): Promise<TestServer> {
  const logger = new RecordingLogger()
  const valve = new ReplicationValve({ manager, logger }, { secrets: [SECRET], ...options })
  const server = createServer(listenerOf(valve)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { manager, valve, logger, server, port, browser: () => new Browser(port) }
}

/** `handler` behind the valve, on plain node:http. */
export function serve(
  t: Teardown,
  handler: Handler,
  options: Partial<ReplicationValveOptions> = {},
  manager?: TestManager,
): Promise<TestServer> {
  return serveWith(t, options, valve => valve.nodeHttp(handler), manager)
}
