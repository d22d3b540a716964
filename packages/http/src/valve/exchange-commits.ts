import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AcknowledgementLevel, Commit, DeltaSession } from '@clowder/ha'
import { begin, collect, type RequestSession } from '../session/request-session.js'
import { SignOnAnswer } from '../sign-on/sign-on-answer.js'
import { CommitReport } from './commit-report.js'
import { loggedPath } from './request-filter.js'
import type { RequestPolicy } from './request-policy.js'
import type { ValveContext } from './valve-context.js'

export interface ExchangeCommitsComponents {
  readonly context: ValveContext
  readonly req: IncomingMessage
  readonly res: ServerResponse | undefined
  /** Told of each commit before it is reported. */
  readonly committed: (commit: Commit) => void
}

/** What one request commits of its session, and the report of it. */
export class ExchangeCommits {
  /** Saved even when empty: `save` was called, or an old session dies with the first commit of this one. */
  mustSave = false
  readonly signOn = new SignOnAnswer()
  readonly #components: ExchangeCommitsComponents
  readonly #report: CommitReport

  constructor(components: ExchangeCommitsComponents) {
    this.#components = components
    this.#report = new CommitReport(components.context, components.req)
  }

  /** Nothing when the session is new and empty. Throws what the manager throws, logged. */
  save(
    session: RequestSession,
    delta: DeltaSession,
    policy: RequestPolicy,
    acknowledge?: AcknowledgementLevel,
  ): Commit | undefined {
    try {
      session[collect]()
      if (!this.#isWorthSaving(delta, policy)) return undefined
      if (delta.isNew) this.#begin(session)
      return this.#complete(delta, acknowledge ?? policy.acknowledge)
    } catch (error) {
      throw this.failed(error, delta.id)
    }
  }

  /** An old session dies with the first commit of this one, and what it was given with it. */
  replaced(): void {
    this.signOn.givenUp()
    this.mustSave = true
  }

  /** Ends the session. Throws what the manager throws, logged. */
  end(delta: DeltaSession, policy: RequestPolicy, acknowledge?: AcknowledgementLevel): Commit {
    try {
      this.signOn.givenUp()
      delta.invalidate()
      return this.#complete(delta, acknowledge ?? policy.acknowledge)
    } catch (error) {
      throw this.failed(error, delta.id)
    }
  }

  failed(error: unknown, id?: string): unknown {
    this.#report.failed(error, id)
    return error
  }

  answerFailed(error: unknown): void {
    this.#report.answerFailed(error)
  }

  #isWorthSaving(delta: DeltaSession, { saveUninitialized }: RequestPolicy): boolean {
    return !delta.isNew || this.mustSave || saveUninitialized || delta.isDirty
  }

  #begin(session: RequestSession): void {
    const { context, req, res } = this.#components
    session[begin]()
    if (res?.headersSent) context.warnings.say('lateSession', { url: loggedPath(req) })
  }

  #complete(delta: DeltaSession, acknowledge: AcknowledgementLevel | undefined): Commit {
    const commit = this.#components.context.manager.requestCompleted(delta, acknowledge)
    if (commit.changed) this.signOn.committed()
    this.#components.committed(commit)
    this.#report.committed(commit, delta.id)
    return commit
  }
}

export function throwRefused(commit: Commit | undefined): void {
  if (commit?.refused[0]) throw commit.refused[0]
}
