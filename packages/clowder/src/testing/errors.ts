import { ClowderError } from '../errors.js'

/** A function of `clowder/testing` was called with something it cannot mean; the message says what is allowed. */
export class BadTestCallError extends ClowderError {
  constructor(message: string) {
    super('CLOWDER_BAD_TEST_CALL', message)
  }
}

/** A request, or another call, to a node of a test cluster that does not run: it was killed, or it was restarted and this is its former life. */
export class NodeDownError extends ClowderError {
  readonly node: string
  constructor(node: string, what: string) {
    super('CLOWDER_NODE_DOWN', `${node} ${what}`)
    this.node = node
  }
}

/** One node's view when the cluster of a test did not come to rest. */
export interface NodeView {
  readonly name: string
  /** Names of the members it sees, sorted. */
  readonly members: readonly string[]
  readonly sessions: number
  readonly digest: string
}

/** Thrown by `converged`: after this much virtual time nodes that reach each other still hold different sessions, or do not all see each other. */
export class NotConvergedError extends ClowderError {
  readonly views: readonly NodeView[]
  constructor(maxMs: number, views: readonly NodeView[]) {
    const lines = views.map(
      v => `  ${v.name}: sees [${v.members.join(', ')}], ${v.sessions} sessions, digest ${v.digest}`,
    )
    super(
      'CLOWDER_NOT_CONVERGED',
      [`The nodes that reach each other do not agree after ${maxMs} ms of virtual time:`, ...lines].join('\n'),
    )
    this.views = views
  }
}

/** The test cluster is used after its `stop`. */
export class TestClusterStoppedError extends ClowderError {
  constructor() {
    super('CLOWDER_TEST_CLUSTER_STOPPED', 'the test cluster was stopped; make another one for the next test')
  }
}
