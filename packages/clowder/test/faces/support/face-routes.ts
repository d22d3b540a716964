import { Readable } from 'node:stream'
import type { Session } from '@clowder/http'
import { Signal } from './signal.js'

declare module '../../../../http/src/session/session-data.js' {
  interface SessionData {
    count: number
    user: string
    note: string
    left: number
    right: number
    beforeError: number
    cats: { name: string }[]
  }
}

/** What a route answers, for each framework to send in its own way. */
export type FaceReply =
  | { readonly kind: 'json'; readonly json: unknown; readonly cookie?: string }
  | { readonly kind: 'redirect'; readonly to: string }
  | { readonly kind: 'stream'; readonly stream: Readable }

export type SessionLook = () => Session | undefined

/** Promises by name, kept by the test, for which handlers wait. */
export class Gates {
  readonly #gates = new Map<string, Signal>()

  of(name: string): Signal {
    const gate = this.#gates.get(name) ?? new Signal()
    this.#gates.set(name, gate)
    return gate
  }
}

type Route = (look: SessionLook, gates: Gates) => FaceReply | Promise<FaceReply>

const json = (value: unknown, cookie?: string): FaceReply => ({ kind: 'json', json: value, ...(cookie && { cookie }) })

const routes: Record<string, Route> = {
  '/count': look => {
    const session = look()!
    session.count = (session.count ?? 0) + 1
    return json({ count: session.count })
  },
  '/read': look => json({ ...look() }),
  '/untouched': () => json('untouched'),
  '/login': async look => {
    await look()!.regenerate()
    look()!.user = 'ada'
    return json({ id: look()!.id })
  },
  '/logout': async look => {
    await look()!.destroy()
    return json({ gone: look() === undefined })
  },
  '/write': look => {
    look()!.note = 'written'
    return { kind: 'redirect', to: '/read' }
  },
  '/nested': async look => {
    look()!.cats ??= []
    look()!.cats!.push({ name: 'ann' })
    return json(look()!.cats)
  },
  '/left': async (look, gates) => {
    look()!.left = 1
    gates.of('left has begun').resolve()
    await gates.of('left may end').promise
    return json('left')
  },
  '/right': look => {
    look()!.right = 1
    return json('right')
  },
  '/throw': look => {
    look()!.beforeError = 1
    throw new Error('a handler threw')
  },
  '/cookie': look => {
    look()!.note = 'own'
    return json('own', 'theme=dark; Path=/')
  },
  '/stream': (look, gates) => {
    look()!.note = 'streamed'
    return { kind: 'stream', stream: Readable.from(slowly(gates)) }
  },
  '/style.css': look => json({ hasSession: look() !== undefined }),
}

async function* slowly(gates: Gates): AsyncGenerator<Buffer> {
  yield Buffer.from('first ')
  await gates.of('stream may end').promise
  yield Buffer.from('last')
}

export const paths = Object.keys(routes)

export async function answer(path: string, look: SessionLook, gates: Gates): Promise<FaceReply> {
  return routes[path]!(look, gates)
}
