import { IncomingMessage, type RequestListener, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { Writable } from 'node:stream'
import type { Cluster } from 'clowder'
import { CookieJar } from '../../../packages/http/dist/cookie/cookie-jar.js'
import { CookieSigner } from '../../../packages/http/dist/cookie/cookie-signer.js'
import type { Operation } from './operation.js'

const SECRET = 'a secret for measuring, long enough'
const ID = 'a-session-id-of-32-characters-xx'
const BYTES = 200

/** Takes what is answered and remembers the cookie. */
class Client extends Writable {
  cookie = ''
  #text = ''

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#text += chunk.toString('latin1')
    done()
  }

  /** The answer is over. */
  took(): void {
    const cookie = /set-cookie: ([^;]*)/i.exec(this.#text)?.[1]
    if (cookie) this.cookie = cookie
    this.#text = ''
  }

  // What Node asks of a socket.
  setTimeout(): void {}
}

/** A request and its answer without a network: what the listener and Node's own response cost. */
function exchange(listener: RequestListener, client: Client): number {
  const socket = client as unknown as Socket
  const req = new IncomingMessage(socket)
  Object.assign(req, { method: 'GET', url: '/', httpVersion: '1.1', httpVersionMajor: 1, httpVersionMinor: 1 })
  req.headers.host = 'localhost'
  if (client.cookie) req.headers.cookie = client.cookie
  const res = new ServerResponse(req)
  res.assignSocket(socket)
  listener(req, res)
  res.detachSocket(socket)
  res.emit('close')
  client.took()
  return res.statusCode
}

interface Counted {
  session: { attribute?: string }
}

function answer(res: ServerResponse, counter: number): void {
  res.setHeader('Content-Type', 'application/json')
  res.end(JSON.stringify({ counter }))
}

const bare: RequestListener = (_req, res) => answer(res, 1)

const read: RequestListener = (req, res) => {
  const { session } = req as unknown as Counted
  session.attribute ??= '1'.padEnd(BYTES, 'x')
  answer(res, Number.parseInt(session.attribute, 10))
}

const write: RequestListener = (req, res) => {
  const { session } = req as unknown as Counted
  const counter = Number.parseInt(session.attribute ?? '0', 10) + 1
  session.attribute = `${counter}`.padEnd(BYTES, 'x')
  answer(res, counter)
}

/** Cookies, and whole requests on a cluster of one process. */
export function requestOperations(cluster: Cluster): readonly Operation[] {
  const request = (title: string, listener: RequestListener): Operation => {
    const client = new Client({ highWaterMark: Number.MAX_SAFE_INTEGER })
    return { title, run: () => exchange(listener, client) }
  }
  let counter = 0
  const signing = new CookieJar(new CookieSigner([SECRET]), 'sid')
  const token = () => ({ stamp: 1_700_000_000_000 + counter, dots: [{ actor: '12345678', counter: ++counter }] })
  const signed = Array.from({ length: 20_000 }, () => `sid=${signing.sign(ID, token())}`)
  const verifying = new CookieJar(new CookieSigner([SECRET]), 'sid')
  return [
    { title: 'sign a cookie', run: () => signing.sign(ID, token()) },
    { title: 'read a cookie seen before', run: () => signing.read(signed.at(-1)) },
    // More than are remembered, in turns: none of them is known any more when it comes again.
    { title: 'read a cookie not seen before', run: () => verifying.read(signed[++counter % signed.length]) },
    request('request, no Clowder', bare),
    request('request that never looks', cluster.nodeHttp(bare)),
    request('request that reads', cluster.nodeHttp(read)),
    request('request that changes 200 bytes', cluster.nodeHttp(write)),
  ]
}
