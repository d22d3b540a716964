import type { ServerResponse } from 'node:http'

export type Verb = 'writeHead' | 'write' | 'end' | 'flushHeaders'
export type HeaderVerb = 'setHeader' | 'appendHeader' | 'removeHeader'
export type AnyFunction = (...args: unknown[]) => unknown

/** Who gets what the application calls on an answer, instead of Node. */
export interface ResponseKeeper {
  /** What has been called and not passed on is on its way as far as the application is concerned. */
  readonly isHolding: boolean
  readonly isEnded: boolean
  writeHead(args: unknown[]): ServerResponse
  write(args: unknown[]): boolean
  end(args: unknown[]): ServerResponse
  flushHeaders(): void
  changeHeader(verb: HeaderVerb, args: unknown[]): unknown
  /** The client has gone, or has all of it. */
  closed(): void
  /** False: it does not wait, or is not all there. */
  whenSent(destroy: () => void): boolean
}

const HELD = Symbol('clowder.held')

interface HeldServerResponse extends ServerResponse {
  [HELD]: ResponseKeeper
}

/** Returns the functions that it stands before. The same four for every answer: they find theirs by `this`, as Node's own methods do. */
export function standIn(res: ServerResponse, keeper: ResponseKeeper): Record<Verb | 'on', AnyFunction> {
  const node = originalsOf(res)
  // Node knows `writeHead` under an older name as well.
  const target = res as unknown as Record<Verb | 'writeHeader' | typeof HELD, unknown>
  target[HELD] = keeper
  target.writeHead = writeHead
  target.writeHeader = writeHead
  target.write = write
  target.end = end
  target.flushHeaders = flushHeaders
  // Stand-ins for a response, such as engine.io gives to middleware during an upgrade, are no emitters.
  if (typeof res.on === 'function') res.on('close', closed)
  return node
}

function originalsOf(res: ServerResponse): Record<Verb | 'on', AnyFunction> {
  const { writeHead, write, end, flushHeaders, on } = res
  return { writeHead, write, end, flushHeaders, on } as Record<Verb | 'on', AnyFunction>
}

function writeHead(this: HeldServerResponse, ...args: unknown[]): ServerResponse {
  return this[HELD].writeHead(args)
}

function write(this: HeldServerResponse, ...args: unknown[]): boolean {
  return this[HELD].write(args)
}

function end(this: HeldServerResponse, ...args: unknown[]): ServerResponse {
  return this[HELD].end(args)
}

function flushHeaders(this: HeldServerResponse): void {
  this[HELD].flushHeaders()
}

export function whenSent(res: ServerResponse, destroy: () => void): boolean {
  return HELD in res && (res as HeldServerResponse)[HELD].whenSent(destroy)
}

function closed(this: HeldServerResponse): void {
  this[HELD].closed()
}

/** From now on the answer looks sent where its keeper says so. Returns the functions that these stand before. */
export function pretend(res: ServerResponse): Record<HeaderVerb, AnyFunction> {
  const { setHeader, appendHeader, removeHeader } = res
  // One by one: the calls that take several at once take three times as long.
  Object.defineProperty(res, 'headersSent', pretences.headersSent!)
  Object.defineProperty(res, 'writableEnded', pretences.writableEnded!)
  const target = res as unknown as Record<HeaderVerb, AnyFunction>
  target.setHeader = headerVerbs.setHeader
  target.appendHeader = headerVerbs.appendHeader
  target.removeHeader = headerVerbs.removeHeader
  return { setHeader, appendHeader, removeHeader } as Record<HeaderVerb, AnyFunction>
}

const headerVerbs = {
  setHeader(this: HeldServerResponse, ...args: unknown[]) {
    return this[HELD].changeHeader('setHeader', args)
  },
  appendHeader(this: HeldServerResponse, ...args: unknown[]) {
    return this[HELD].changeHeader('appendHeader', args)
  },
  removeHeader(this: HeldServerResponse, ...args: unknown[]) {
    return this[HELD].changeHeader('removeHeader', args)
  },
}

const pretences: PropertyDescriptorMap & ThisType<HeldServerResponse> = {
  headersSent: {
    configurable: true,
    get() {
      return this[HELD].isHolding || truth(this, 'headersSent')
    },
  },
  writableEnded: {
    configurable: true,
    get() {
      return (this[HELD].isHolding && this[HELD].isEnded) || truth(this, 'writableEnded')
    },
  },
}

/** What Node says itself. */
export function truth(res: ServerResponse, name: 'headersSent' | 'writableEnded'): boolean {
  return Reflect.get(Object.getPrototypeOf(res), name, res)
}
