import type { IncomingMessage, ServerResponse } from 'node:http'
import t from 'tap'
import { ReplicationValve } from '../src/index.js'
import { TestManager } from './support/test-manager.js'

/** What engine.io gives to middleware while it upgrades a connection: no emitter, and no headers are ever sent. */
class WebSocketResponse {
  readonly headers = new Map<string, unknown>()
  setHeader(name: string, value: unknown): void {
    this.headers.set(name, value)
  }
  getHeader(name: string): unknown {
    return this.headers.get(name)
  }
  writeHead(): void {}
  write(): void {}
  end(): void {}
}

t.test('an upgrade has a session that can be saved', async t => {
  const manager = new TestManager()
  const valve = new ReplicationValve({ manager }, { secrets: ['sixteen characters or more'] })
  const req = { headers: {}, url: '/', httpVersionMajor: 1, socket: {} } as unknown as IncomingMessage
  const res = new WebSocketResponse()
  t.equal(valve.run(req, res as unknown as ServerResponse), true)
  req.session.naps = 1
  await req.session.save()
  t.strictSame(manager.attributes(req.session.id), { naps: 1 })
  valve.statistics.reset()
  t.equal(valve.statistics.nrOfRequests, 0)
})
