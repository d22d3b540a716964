import type { Finding } from './ledger.js'

/** What went wrong at first, in words; the rest is only counted. */
const KEPT_TROUBLES = 20

/** What the story has counted so far. */
export class Tally {
  requests = 0
  readonly sessions = new Set<string>()
  lostSessions = 0
  idChanges = 0
  lostWrites = 0
  doubledWrites = 0
  staleReads = 0
  /** Failed, and not because the node under it was killed. */
  failedRequests = 0
  failedOnKilledNode = 0
  logouts = 0
  logoutsUndone = 0
  troubleCount = 0
  readonly troubles: string[] = []
  readonly #startedAtMs = performance.now()
  readonly #milestones: { readonly at: number; readonly reached: () => void }[] = []

  /** Resolves when `more` further requests were answered. */
  further(more: number): Promise<void> {
    const at = this.requests + more
    return new Promise(reached => this.#milestones.push({ at, reached }))
  }

  answered(): void {
    this.requests++
    for (let i = this.#milestones.length - 1; i >= 0; i--) {
      if (this.#milestones[i]!.at <= this.requests) this.#milestones.splice(i, 1)[0]!.reached()
    }
  }

  failed(who: string, reason: string, isNodeKilled: boolean): void {
    this.requests++
    if (isNodeKilled) this.failedOnKilledNode++
    else {
      this.failedRequests++
      this.#trouble(`${who}: ${reason}`)
    }
  }

  found(who: string, findings: readonly Finding[]): void {
    for (const { kind, text } of findings) {
      this.#count(kind)
      this.#trouble(`${who}: ${kind}: ${text}`)
    }
  }

  logoutUndone(who: string, node: string): void {
    this.logoutsUndone++
    this.#trouble(`${who}: ${node} served a session that was logged out`)
  }

  get isFlawless(): boolean {
    return (
      this.lostSessions + this.idChanges + this.lostWrites + this.doubledWrites + this.staleReads === 0 &&
      this.failedRequests + this.logoutsUndone === 0
    )
  }

  #count(kind: Finding['kind']): void {
    switch (kind) {
      case 'id changed':
        this.idChanges++
        this.lostSessions++
        return
      case 'write lost':
        this.lostWrites++
        return
      case 'write doubled':
        this.doubledWrites++
        return
      case 'stale':
        this.staleReads++
    }
  }

  #trouble(text: string): void {
    this.troubleCount++
    const seconds = ((performance.now() - this.#startedAtMs) / 1000).toFixed(3)
    if (this.troubles.length < KEPT_TROUBLES) this.troubles.push(`+${seconds} s ${text}`)
  }
}
