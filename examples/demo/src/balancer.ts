import { Agent, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { forwardedHeaders } from './forwarded-headers.js'

/** One node as the balancer knows it. */
export interface Target {
  readonly name: string
  readonly host: string
  readonly port: number
}

export interface BalancerOptions {
  /** Without an answer for this long a request fails with 502. @default 10000 */
  readonly timeoutMs?: number
}

/** A target in the rotation, or one that is being drained. */
interface Rotated {
  readonly target: Target
  readonly agent: Agent
  inFlight: number
  isOut: boolean
}

/** With this header and a 503 a node says that it has not seen what this client has, and has done nothing. */
const STALE_HEADER = 'clowder-stale'

/** Names the node that answered, or on a 502 the one whose connection broke. */
export const NODE_HEADER = 'x-balancer-node'

/**
 * Round robin without stickiness: the hardest case for sessions. Which nodes take part is told by whoever runs them; a refused connection takes a node out
 * too, until it is brought in again. A request goes to the next node only while none of it has been sent, because it might change something twice; or when
 * a node has refused it because it is behind (`whenStale: 'refuse'`), as long as there is one that has not.
 */
export class Balancer {
  readonly #rotation: Rotated[] = []
  readonly #draining = new Set<Rotated>()
  readonly #timeoutMs: number
  #turn = 0
  #drained: (() => void)[] = []

  constructor({ timeoutMs = 10_000 }: BalancerOptions = {}) {
    this.#timeoutMs = timeoutMs
  }

  /** From now on `target` gets its share. */
  bringIn(target: Target): void {
    this.takeOut(target.name)
    const agent = new Agent({ keepAlive: true })
    this.#rotation.push({ target, agent, inFlight: 0, isOut: false })
  }

  /** No request begins there any more; those under way go on. */
  takeOut(name: string): void {
    const rotated = this.#rotation.find(({ target }) => target.name === name)
    if (rotated) this.#remove(rotated)
  }

  /** Resolves when no request is under way at a node of this name that was taken out. */
  async drained(name: string): Promise<void> {
    while ([...this.#draining].some(({ target }) => target.name === name))
      await new Promise<void>(resolve => this.#drained.push(resolve))
  }

  /** Never throws: every trouble becomes a response. */
  handle(incoming: IncomingMessage, response: ServerResponse, refusedBy: readonly Rotated[] = []): void {
    const rotated = this.#next(refusedBy)
    if (rotated) this.#forward(rotated, incoming, response, refusedBy)
    else refuse(response, 503, 'no node is in rotation')
  }

  /** The next in turn; of those that have not refused. */
  #next(refusedBy: readonly Rotated[]): Rotated | undefined {
    const others = this.#othersThan(refusedBy)
    return others[this.#turn++ % others.length]
  }

  #othersThan(refusedBy: readonly Rotated[]): readonly Rotated[] {
    return refusedBy.length === 0 ? this.#rotation : this.#rotation.filter(rotated => !refusedBy.includes(rotated))
  }

  #forward(rotated: Rotated, incoming: IncomingMessage, response: ServerResponse, refusedBy: readonly Rotated[]): void {
    const { name, host, port } = rotated.target
    const { method, url: path } = incoming
    const headers = forwardedHeaders(incoming)
    const outgoing = request({ agent: rotated.agent, host, port, method, path, headers, timeout: this.#timeoutMs })
    let isSent = false
    const send = () => {
      isSent = true
      incoming.pipe(outgoing)
    }
    rotated.inFlight++
    outgoing
      .once('socket', socket => whenConnected(socket, send))
      .once('response', answer => {
        const refused = [...refusedBy, rotated]
        const canBeAskedAgain = !hasBody(incoming) && this.#othersThan(refused).length > 0
        if (!isStaleRefusal(answer) || !canBeAskedAgain) return pass(answer, response, name)
        answer.resume()
        this.handle(incoming, response, refused)
      })
      .once('timeout', () => outgoing.destroy(new Error(`no answer within ${this.#timeoutMs} ms`)))
      .once('error', error => {
        if (response.destroyed) return
        if (isSent) return fail(response, name, error)
        this.#remove(rotated)
        this.handle(incoming, response, refusedBy)
      })
      .once('close', () => this.#over(rotated))
    response.once('close', () => outgoing.destroy())
  }

  #remove(rotated: Rotated): void {
    const at = this.#rotation.indexOf(rotated)
    if (at < 0) return
    this.#rotation.splice(at, 1)
    rotated.isOut = true
    this.#draining.add(rotated)
    this.#closeIfIdle(rotated)
  }

  #over(rotated: Rotated): void {
    rotated.inFlight--
    this.#closeIfIdle(rotated)
  }

  #closeIfIdle(rotated: Rotated): void {
    if (!rotated.isOut || rotated.inFlight > 0) return
    rotated.agent.destroy()
    this.#draining.delete(rotated)
    for (const resolve of this.#drained.splice(0)) resolve()
  }
}

function isStaleRefusal({ statusCode, headers }: IncomingMessage): boolean {
  return statusCode === 503 && headers[STALE_HEADER] !== undefined
}

/** A body that has been passed on cannot be passed on again. */
function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

function whenConnected(socket: Socket, act: () => void): void {
  if (socket.connecting) socket.once('connect', act)
  else act()
}

function pass(answer: IncomingMessage, response: ServerResponse, node: string): void {
  response.writeHead(answer.statusCode!, { ...forwardedHeaders(answer), [NODE_HEADER]: node })
  answer.once('error', () => response.destroy())
  answer.pipe(response)
}

/** The request was sent, so the node may have acted on it: whoever asked must decide whether to ask again. */
function fail(response: ServerResponse, node: string, error: Error): void {
  if (response.headersSent) response.destroy()
  else refuse(response, 502, `the connection to ${node} failed: ${error.message}`, { [NODE_HEADER]: node })
}

function refuse(response: ServerResponse, status: number, reason: string, headers = {}): void {
  response.writeHead(status, { 'content-type': 'text/plain', ...headers }).end(`${reason}\n`)
}
