import type { ServerResponse } from 'node:http'
import { afterEnd, badChunk, hasChunk, headersSent, isChunk } from './node-refusals.js'
import {
  type AnyFunction,
  type HeaderVerb,
  pretend,
  type ResponseKeeper,
  standIn,
  truth,
  type Verb,
  whenSent,
} from './response-stand-ins.js'
import { addSetCookie } from './set-cookie-header.js'
import { destroyUnhurriedly } from './unhurried-socket.js'

/** Whoever must know when an answer starts and ends. Nothing here may throw. */
export interface ResponseWatcher {
  /** The head is wanted for the first time. Whatever must be done before `headersStarting` can be asked; must not reject. */
  headersDue?(): Promise<unknown> | undefined
  /** The headers are about to be fixed: the last moment for cookies, which are returned. Called once, and never after the headers went out unseen. */
  headersStarting(): readonly string[] | undefined
  /** The application ends an answer whose headers are out. */
  responseEnding(): void
  /** The client has gone before the application ended the answer. */
  responseAborted(): void
  /** The answer is over, however it ended. */
  responseOver?(): void
  /** Node refused, after the wait, what it would have refused at once; the answer is cut off. */
  responseFailed(error: unknown): void
}

/** An answer that is given in place of the application's. */
interface Replacement {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

interface HeldCall {
  readonly verb: Verb
  readonly args: unknown[]
}

/**
 * Makes an answer wait for its session. Costs five property assignments and a listener; as long as there is nothing to wait for, every call goes straight
 * through. While it waits, calls are queued in their order:
 *
 *     application ── writeHead ─┬─ first call: headersStarting() ─┬─ nothing pending ──────────────▶ Node
 *                    write      │                                 └─ pending: queue ─ acknowledged ─▶ Node, in order, then 'drain'
 *                    end        └─ end, headers out before: responseEnding()
 *                    flushHeaders
 *
 * To the application a queued answer looks sent: `headersSent` and `writableEnded` say so, `write` returns false, and whoever sets a header, or answers once more, is told so as by Node.
 * Only what comes after `end` with something to send is let fall, where Node would end the process unless somebody listens to `error`.
 */
export class HeldResponse implements ResponseKeeper {
  readonly #res: ServerResponse
  readonly #watcher: ResponseWatcher
  readonly #node: Record<Verb | 'on', AnyFunction>
  /** HTTP/1 keeps what `writeHead` makes until the first byte of the body, so that it may run at once and complain to its caller. */
  readonly #keepsHead: boolean
  #headers: Record<HeaderVerb, AnyFunction> | undefined
  #calls: HeldCall[] = []
  /** As they were at the first of them: what is assigned later comes too late. */
  #statusCode = 200
  #statusMessage = ''
  #isReleasing = false
  #pending = 0
  #isStarted: boolean
  #isEnded = false
  /** The head waits for `headersDue`: what the application calls is queued as it is. */
  #isDeferred = false
  /** What is answered instead of what the application answers. */
  #replacement: string | undefined
  /** Somebody has destroyed the connection behind an answer that was complete. */
  #destroy: (() => void) | undefined

  constructor(res: ServerResponse, watcher: ResponseWatcher, httpVersionMajor: number) {
    this.#res = res
    this.#watcher = watcher
    this.#keepsHead = httpVersionMajor === 1
    this.#isStarted = res.headersSent
    this.#node = standIn(res, this)
  }

  /** What has been called and not passed on is on its way as far as the application is concerned. */
  get isHolding(): boolean {
    return this.#calls.length > 0
  }

  get isEnded(): boolean {
    return this.#isEnded
  }

  /** Nothing leaves before `acknowledged` has settled; it must not reject. */
  waitFor(acknowledged: Promise<unknown>): void {
    this.#pending++
    void acknowledged.then(() => {
      if (--this.#pending === 0) this.#release()
    })
  }

  /** This is the answer, instead of the application's: it ends when that does, so that a stream piped into it finds nothing amiss. Only from within `headersStarting`. */
  replace({ status, headers, body }: Replacement): void {
    for (const name of this.#res.getHeaderNames()) this.#res.removeHeader(name)
    this.#replacement = body
    this.#node.writeHead.call(this.#res, status, headers)
  }

  writeHead(args: unknown[]): ServerResponse {
    if (this.#isSent) throw headersSent('writeHead')
    this.#pass('writeHead', this.#started(args), this.#keepsHead)
    return this.#res
  }

  /** As Node does it, unless the head is on its way. */
  changeHeader(verb: HeaderVerb, args: unknown[]): unknown {
    if (this.#isSent) throw headersSent(verb)
    return this.#headers![verb].apply(this.#res, args)
  }

  write(args: unknown[]): boolean {
    if (this.#isComplete) return afterEnd(args)
    if (!isChunk(args[0]) && this.#isNodes('write')) throw badChunk(args[0])
    this.#started()
    return this.#pass('write', args) !== false
  }

  flushHeaders(): void {
    this.#started()
    this.#pass('flushHeaders', [])
  }

  end(args: unknown[]): ServerResponse {
    if (this.#isComplete && hasChunk(args)) {
      afterEnd(args)
      return this.#res
    }
    if (args[0] && hasChunk(args) && !isChunk(args[0]) && this.#isNodes('end')) throw badChunk(args[0])
    const hadStarted = this.#hasStarted
    this.#started()
    if (hadStarted && !this.#isEnded) this.#watcher.responseEnding()
    this.#isEnded = true
    this.#pass('end', args)
    return this.#res
  }

  /** The application has called what sends the head, and it waits. */
  get #isSent(): boolean {
    return this.isHolding && !this.#isReleasing
  }

  /** Nobody stands behind this that may take what Node does not. */
  #isNodes(verb: Verb): boolean {
    return this.#node[verb] === Reflect.get(Object.getPrototypeOf(this.#res), verb)
  }

  /** The application has ended it. Between our `end` and Node's others may write: Node itself, or what stands before its `end`. */
  get #isComplete(): boolean {
    return this.#isEnded && (this.#isSent || truth(this.#res, 'writableEnded'))
  }

  /** Whoever took Node's own `writeHead` before this stood in its place may have sent the headers unseen. */
  get #hasStarted(): boolean {
    this.#isStarted ||= truth(this.#res, 'headersSent')
    return this.#isStarted
  }

  closed(): void {
    if (!this.#isEnded) this.#watcher.responseAborted()
    this.#watcher.responseOver?.()
  }

  /** False: it does not wait, or is not all there. */
  whenSent(destroy: () => void): boolean {
    if (!this.#isEnded || !this.#isSent) return false
    this.#destroy = destroy
    return true
  }

  #started(writeHeadArgs: unknown[] = []): unknown[] {
    return this.#defers() ? writeHeadArgs : this.#start(writeHeadArgs)
  }

  #defers(): boolean {
    if (this.#hasStarted || this.#isDeferred) return this.#isDeferred
    const due = this.#watcher.headersDue?.()
    if (!due) return false
    this.#isDeferred = true
    this.waitFor(due)
    return true
  }

  #start(writeHeadArgs: unknown[] = []): unknown[] {
    if (this.#isStarted) return writeHeadArgs
    this.#isStarted = true
    const cookies = this.#watcher.headersStarting()
    return cookies === undefined ? writeHeadArgs : addSetCookie(this.#res, writeHeadArgs, cookies)
  }

  /** False when queued. */
  #pass(verb: Verb, args: unknown[], isHarmless = false): unknown {
    if (this.#replacement !== undefined) return this.#swallow(verb, args)
    if (this.#pending === 0 || (isHarmless && !this.#isDeferred)) return this.#node[verb].apply(this.#res, args)
    if (this.#calls.length === 0) {
      this.#headers ??= pretend(this.#res)
      this.#statusCode = this.#res.statusCode
      if (this.#keepsHead) this.#statusMessage = this.#res.statusMessage
      if (this.#keepsHead) destroyUnhurriedly(this.#res.socket, whenSent)
    }
    this.#calls.push({ verb, args })
    return false
  }

  #release(): void {
    if (this.#calls.length === 0) return
    this.#isReleasing = true
    try {
      if (this.#isDeferred) this.#startDeferred()
      if (this.#pending > 0) return
      const calls = this.#calls
      this.#calls = []
      this.#replay(calls)
      this.#destroy?.()
    } catch (error) {
      this.#watcher.responseFailed(error)
      this.#res.destroy()
    } finally {
      this.#isReleasing = false
    }
  }

  /** Now `headersStarting` can be asked; it may have something to wait for. */
  #startDeferred(): void {
    this.#isDeferred = false
    const [first, ...others] = this.#calls
    if (first?.verb === 'writeHead') this.#calls = [{ verb: 'writeHead', args: this.#start(first.args) }, ...others]
    else this.#start()
    if (this.#replacement !== undefined) this.#swallowCalls()
  }

  #swallow(verb: Verb, args: unknown[]): unknown {
    const done = args.findLast(arg => typeof arg === 'function')
    if (verb === 'end') return this.#node.end.call(this.#res, this.#replacement, ...(done ? [done] : []))
    if (done) process.nextTick(done)
    return true
  }

  #swallowCalls(): void {
    const calls = this.#calls
    this.#calls = []
    for (const { verb, args } of calls) this.#swallow(verb, args)
    if (!this.#isEnded) this.#drained()
  }

  /** Compression and its like keep whoever waits for 'drain' at a stream of their own, and answer `on` with it. Of those, only what was there before this stands behind it. */
  #drained(): void {
    const behind = this.#node.on.call(this.#res, 'drain', nothing) as ServerResponse | undefined
    ;(behind ?? this.#res).off('drain', nothing).emit('drain')
  }

  #restoreStatus(): void {
    const { statusCode } = this.#res
    if (statusCode !== this.#statusCode) this.#res.statusCode = this.#statusCode
    // HTTP/2 has no message, and warns whoever looks.
    if (this.#keepsHead && this.#res.statusMessage !== this.#statusMessage)
      this.#res.statusMessage = this.#statusMessage
  }

  #replay(calls: readonly HeldCall[]): void {
    if (!truth(this.#res, 'headersSent')) this.#restoreStatus()
    let isDrainOwed = false
    for (const { verb, args } of calls) {
      const answer = this.#node[verb].apply(this.#res, args)
      // When Node says false it owes the 'drain' itself.
      if (verb === 'write') isDrainOwed = answer !== false
    }
    if (isDrainOwed && !this.#isEnded) this.#drained()
  }
}

function nothing(): void {}
