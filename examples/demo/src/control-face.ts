import { readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { COATS } from './coat.js'
import type { Journal } from './journal.js'
import type { Action, Supervisor } from './supervisor.js'

export interface ControlFaceComponents {
  readonly supervisor: Supervisor
  readonly journal: Journal
}

const PAGE = readFileSync(new URL('../page.html', import.meta.url))
const ACTIONS: readonly string[] = ['start', 'kill', 'stop', 'cut', 'reconnect'] satisfies Action[]

/** The page and what it needs besides the app: who is there, what happens, and the buttons. */
export class ControlFace {
  readonly #components: ControlFaceComponents

  constructor(components: ControlFaceComponents) {
    this.#components = components
  }

  /** False: the request is for the app. */
  handle(req: IncomingMessage, res: ServerResponse): boolean {
    const path = (req.url ?? '').split('?')[0]!
    if (path === '/') return send(res, 200, 'text/html; charset=utf-8', PAGE)
    if (!path.startsWith('/demo/')) return false
    if (path === '/demo/events') return this.#stream(req, res)
    return this.#act(req, res, path)
  }

  /** `POST /demo/ginger/kill`. The header keeps pages of other sites out: they cannot set it without being asked first. */
  #act(req: IncomingMessage, res: ServerResponse, path: string): boolean {
    const [, , name = '', action = ''] = path.split('/')
    const { supervisor } = this.#components
    const isKnown = supervisor.names.includes(name) && ACTIONS.includes(action)
    if (req.method !== 'POST' || !isKnown) return send(res, 404, 'text/plain', 'no such action\n')
    if (req.headers['x-demo'] === undefined) return send(res, 403, 'text/plain', 'the header X-Demo is missing\n')
    supervisor.act(action as Action, name).then(
      () => send(res, 204, 'text/plain', ''),
      (error: Error) => send(res, 500, 'text/plain', `${error.message}\n`),
    )
    return true
  }

  /** Server-sent events: `nodes` with all of them at every change, `log` with every line, the last ones first. */
  #stream(req: IncomingMessage, res: ServerResponse): boolean {
    const { supervisor, journal } = this.#components
    res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    const write = (event: string, data: unknown) => res.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
    const writeNodes = () => write('nodes', supervisor.views().map(withColour))
    const writeEntry = (entry: unknown) => write('log', entry)
    writeNodes()
    for (const entry of journal.entries) writeEntry(entry)
    supervisor.on('changed', writeNodes)
    journal.on('entry', writeEntry)
    req.once('close', () => {
      supervisor.off('changed', writeNodes)
      journal.off('entry', writeEntry)
    })
    return true
  }
}

function withColour<T extends { readonly name: string }>(view: T): T & { readonly colour: string } {
  return { ...view, colour: COATS.find(({ name }) => name === view.name)?.css ?? 'gray' }
}

function send(res: ServerResponse, status: number, type: string, body: string | Buffer): true {
  res.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body)
  return true
}
