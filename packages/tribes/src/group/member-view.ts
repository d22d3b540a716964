import type { Member } from '../member.js'

/** The members that the whole stack vouches for, oldest first. The array is made anew at each change only: `members` costs nothing. */
export class MemberView {
  readonly #bornMs = new Map<string, number>()
  #members: readonly Member[] = []

  get members(): readonly Member[] {
    return this.#members
  }

  has(member: Member): boolean {
    return this.#bornMs.has(member.id)
  }

  /** False: it was there already. */
  add(member: Member, nowMs: number): boolean {
    if (this.#bornMs.has(member.id)) return false
    this.#bornMs.set(member.id, nowMs - member.aliveMs)
    this.#members = [...this.#members, member].sort((a, b) => this.#compare(a, b))
    return true
  }

  remove(member: Member): boolean {
    if (!this.#bornMs.delete(member.id)) return false
    this.#members = this.#members.filter(other => other.id !== member.id)
    return true
  }

  clear(): void {
    this.#bornMs.clear()
    this.#members = []
  }

  #compare(a: Member, b: Member): number {
    return this.#bornMs.get(a.id)! - this.#bornMs.get(b.id)! || (a.id < b.id ? -1 : 1)
  }
}
