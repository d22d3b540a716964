import { MOST_NAMED } from '../wire/lists.js'

const MAX_REMEMBERED = 100_000
/** Within so many seconds it is noticed that somebody is out of reach. */
const NOTICED_S = 10
/** So many are told to a member: the latest, some 300 KB. */
const MAX_TOLD = 10_000
/** Ids in one EXPIRED. */
const PER_MESSAGE = MOST_NAMED

/**
 * Ids of sessions that expired while somebody was missing, who may be using them: such a session is let in when it comes back, although it was here and is no more.
 * Who learns what this node has had is told of them first, each once, or it would take for ended what it has never seen. At most a hundred thousand; what is beyond that
 * is refused. What has expired in the last ten to twenty seconds is remembered as well, though nobody be missing: that is noticed late, and others adopt in that time what they could not ask for (seed 8029).
 */
export class UnaskedExpiries {
  readonly #ids = new Set<string>()
  /** The last ones in the order of their coming, and how many there were before these. */
  #latest: string[] = []
  #earlier = 0
  /** By member: how many there were when it was told. */
  readonly #told = new Map<string, number>()
  #lately = new Set<string>()
  #before = new Set<string>()
  #seconds = 0

  has(id: string): boolean {
    return this.#ids.has(id) || this.#lately.has(id) || this.#before.has(id)
  }

  /** The session has expired here, whether somebody is known to be missing or not. */
  addLately(id: string): void {
    if (this.#lately.size < MAX_REMEMBERED) this.#lately.add(id)
  }

  /** The session has expired here, or where somebody else is, and who cannot be asked may be using it. */
  add(id: string): void {
    if (this.#ids.size >= MAX_REMEMBERED || this.#ids.has(id)) return
    this.#ids.add(id)
    if (this.#latest.push(id) < 2 * MAX_TOLD) return
    this.#latest = this.#latest.slice(MAX_TOLD)
    this.#earlier += MAX_TOLD
  }

  /** It was used, and has ended: now it is as dead as any other. */
  ended(id: string): void {
    for (const ids of [this.#ids, this.#lately, this.#before]) ids.delete(id)
  }

  /** Every second: somebody is missing, and may have been when these expired. */
  somebodyIsOut(): void {
    for (const ids of [this.#before, this.#lately]) {
      for (const id of ids) this.add(id)
      ids.clear()
    }
  }

  /** Every second: everybody is there. Nobody can have used without this node's knowing what expired here before he could be missed. */
  nobodyIsOut(): void {
    this.#age()
    this.#ids.clear()
    this.#told.clear()
    this.#latest = []
    this.#earlier = 0
  }

  /** What this member has not been told yet, a message each. `expiring`: what is idle already, is given to nobody any more, and will be among these in a moment. */
  *newsFor(memberId: string, expiring: Iterable<string>): Generator<readonly string[]> {
    const toldBefore = (this.#told.get(memberId) ?? 0) - this.#earlier
    this.#told.set(memberId, this.#earlier + this.#latest.length)
    const expired = this.#latest.slice(Math.max(0, toldBefore)).filter(id => this.#ids.has(id))
    const ids = [...expired, ...expiring].slice(-MAX_TOLD)
    for (let i = 0; i < ids.length; i += PER_MESSAGE) yield ids.slice(i, i + PER_MESSAGE)
  }

  #age(): void {
    if (++this.#seconds % NOTICED_S !== 0) return
    this.#before = this.#lately
    this.#lately = new Set()
  }

  /** It has gone, or what it was told has not reached it. */
  untold(memberId: string): void {
    this.#told.delete(memberId)
  }
}
