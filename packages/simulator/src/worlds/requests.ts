import type { DeltaSession } from '@clowder/ha'
import type { Ledger } from './ledger.js'
import { nodeName, type Operation, type Program } from './operation.js'
import type { Answer } from './stale-claims.js'
import type { Step } from './step.js'
import type { WorldNode } from './world-node.js'

export const ATTRIBUTES = ['x', 'y'] as const
/** What the new session has under `x`; request n writes n + 1. */
const FIRST_VALUE = 1
const NOTHING: ReadonlySet<number> = new Set()

/** One request on its way. */
interface Request {
  readonly operation: Operation
  state: 'new' | 'open' | 'over'
  work?: OpenRequest
}

interface OpenRequest {
  readonly session: DeltaSession
  /** The id under which it found the session. */
  readonly foundId: string
  /** There was something under `x`: a removal of what is not there is nothing. */
  readonly finds: boolean
  readonly seenAtBegin: ReadonlySet<number>
}

export interface RequestsComponents {
  readonly nodes: readonly WorldNode[]
  readonly ledger: Ledger
}

/** The requests of one world, all about one session. A request finds the session and works on it in one step, and commits in another: so two can overlap. */
export class Requests {
  /** Things that must not happen and were noticed on the way. */
  readonly violations: string[] = []
  readonly answers: Answer[] = []
  readonly #components: RequestsComponents
  readonly #program: Program
  readonly #requests: readonly Request[]
  #firstId = ''
  /** Ids that a change of id has made, each in its request's place. */
  readonly #newIds: (string | undefined)[] = []

  constructor(components: RequestsComponents, program: Program) {
    this.#components = components
    this.#program = program
    this.#requests = program.operations.map(operation => ({ operation, state: 'new' }))
  }

  /** Every id that the session has had, in an order that does not depend on what happened first. */
  ids(): string[] {
    return [this.#firstId, ...this.#newIds].filter(id => id !== undefined && id !== '') as string[]
  }

  /** What people call an id: `s` is the first one, `s2` the one that request 2 made. */
  idText(id: string): string {
    return id === this.#firstId ? 's' : `s${this.#newIds.indexOf(id) + 1}`
  }

  enabled(): Step[] {
    const steps: Step[] = this.#firstId === '' ? [{ kind: 'create', node: 0 }] : []
    for (const [operation, request] of this.#requests.entries()) {
      const { node } = request.operation
      if (request.state === 'open') steps.push({ kind: 'commit', node, operation })
      if (request.state === 'new' && this.#mayBegin(operation)) steps.push({ kind: 'begin', node, operation })
    }
    return steps
  }

  /** Returns the numbers of the writes, before they are sent. */
  create(committing: (writes: ReadonlySet<number>) => void): void {
    const { manager } = this.#node(0)
    const session = manager.createSession()
    session.setAttribute('x', FIRST_VALUE)
    this.#firstId = session.id
    const { id } = session
    const { number } = this.#components.ledger.wrote({
      node: 0,
      id,
      name: 'x',
      value: FIRST_VALUE,
      seenAtBegin: NOTHING,
    })
    committing(new Set([number]))
    manager.requestCompleted(session)
  }

  begin(operation: number): void {
    const request = this.#requests[operation]!
    const { kind, node } = request.operation
    request.state = 'over'
    if (kind === 'compare') return this.#node(node).channel.caughtUp(this.#node(node + 1).member)
    const session = this.#sessionFor(node)
    if (!session) return
    if (kind === 'touch') return void this.#node(node).manager.requestCompleted(session)
    const finds = session.getAttribute('x') !== undefined
    request.work = { session, foundId: session.id, finds, seenAtBegin: this.#components.ledger.seenBy(node) }
    request.state = 'open'
    act(session, request.operation, operation + FIRST_VALUE + 1)
  }

  /** `committing` is called before anything is sent, with the numbers of the writes that the commit consists of. */
  commit(operation: number, committing: (writes: ReadonlySet<number>) => void): void {
    const request = this.#requests[operation]!
    const { kind, node } = request.operation
    const { session } = request.work!
    const isAlive = session.isValid || kind === 'destroy'
    const writes = isAlive ? this.#note(request.operation, request.work!, operation) : []
    request.state = 'over'
    committing(new Set(writes))
    const { ledger } = this.#components
    const { changed, refused } = this.#node(node).manager.requestCompleted(session)
    if (session.isValid) this.answers.push({ id: session.id, token: session.token, seen: ledger.seenBy(node) })
    const isOwed = writes.length > 0 || (isAlive && (kind === 'destroy' || kind === 'regenerate'))
    if (refused.length > 0) this.violations.push(`a commit was refused: ${refused}`)
    if (changed !== isOwed)
      this.violations.push(`${kind}@${nodeName(node)} ${changed ? 'changed something' : 'changed nothing'}`)
  }

  #node(node: number): WorldNode {
    const { nodes } = this.#components
    return nodes[node % nodes.length]!
  }

  /** Of two requests that do the same on the same node, the first begins first: the other way round is the same world with other numbers. */
  #mayBegin(operation: number): boolean {
    const { kind, node } = this.#requests[operation]!.operation
    const before = this.#requests.slice(0, operation)
    if (before.some(r => r.state === 'new' && r.operation.kind === kind && r.operation.node === node)) return false
    return kind === 'compare' || !this.#program.isFresh || this.ids().some(id => this.#node(node).hasHeardOf(id))
  }

  /** The newest id under which this node has the session alive: that is what the client's cookie names. */
  #sessionFor(node: number): DeltaSession | undefined {
    const { told, name } = this.#node(node)
    for (const id of this.ids().reverse()) {
      const found = this.#node(node).find(id)
      if (found === 'behind') this.violations.push(`${name} doubts its copy although the client has seen nothing`)
      if (typeof found === 'string') continue
      if (told.some(event => event.name === 'sessionDestroyed' && event.id === id))
        this.violations.push(`I3: ${name} serves ${id}, of whose end it has told`)
      return found
    }
    return undefined
  }

  /** Writes down what the commit is going to do. Returns the numbers of its writes. */
  #note({ kind, node }: Operation, { session, foundId, finds, seenAtBegin }: OpenRequest, operation: number): number[] {
    const { ledger } = this.#components
    const { id } = session
    const write = (name: string, value?: number) => ledger.wrote({ node, id, name, value, seenAtBegin }).number
    switch (kind) {
      case 'set':
        return [write('x', operation + FIRST_VALUE + 1)]
      case 'add':
        return [write('y', operation + FIRST_VALUE + 1)]
      case 'remove':
        return finds ? [write('x')] : []
      case 'destroy':
        ledger.deaths.push({ id: foundId, node })
        return []
      case 'regenerate':
        this.#newIds[operation] = id
        ledger.deaths.push({ id: foundId, node })
        ledger.renamings.push({ oldId: foundId, id, node })
        return Object.entries(this.#dataOf(node, foundId)).map(([name, value]) => write(name, value))
      default:
        return []
    }
  }

  /** What the session consists of on this node, as any other request would find it. */
  #dataOf(node: number, id: string): Record<string, number> {
    const session = this.#node(node).find(id)
    if (typeof session === 'string') return {}
    const values = ATTRIBUTES.map(name => [name, session.getAttribute(name) as number] as const)
    return Object.fromEntries(values.filter(([, value]) => value !== undefined))
  }
}

function act(session: DeltaSession, { kind }: Operation, value: number): void {
  switch (kind) {
    case 'set':
      return session.setAttribute('x', value)
    case 'add':
      return session.setAttribute('y', value)
    case 'remove':
      return session.removeAttribute('x')
    case 'destroy':
      return session.invalidate()
    case 'regenerate':
      session.changeSessionId()
      return
  }
}
