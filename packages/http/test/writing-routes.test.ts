import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import t from 'tap'
import { WritingRoutes } from '../src/lock/writing-routes.js'

/** `route`: as express has it, once it has found one. */
function requestOf(url: string, route?: string): IncomingMessage {
  return Object.assign(new IncomingMessage(new Socket()), {
    method: 'GET',
    url,
    ...(route && { route: { path: route } }),
  })
}

t.test('a path that is too long to be remembered is taken for one that writes, whatever was seen of it', async t => {
  const routes = new WritingRoutes()
  const url = (name: string) => `/cats/${name}`
  const long = url('x'.repeat(15_000))
  for (let i = 0; i < 3; i++) {
    routes.completed(requestOf(long), false)
    routes.completed(requestOf(long, '/cats/:name'), false)
    routes.completed(requestOf(url('tom'), '/cats/:name'), false)
  }
  t.strictSame(
    routes.list().map(({ route }) => route),
    ['GET /cats/:name'],
  )
  t.equal(routes.isWriting(requestOf(url('tom'))), false)
  t.equal(routes.isWriting(requestOf(long)), true)
  routes.hear({ route: long, shape: long, isWriting: false })
  t.equal(routes.isWriting(requestOf(long)), true)
})
