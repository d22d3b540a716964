import { startCluster, TestNode } from './delta-cluster.js'
import { Dice } from './dice.js'
import { LockLedger } from './lock-ledger.js'
import type { MemoryCluster } from './memory-cluster.js'

const NODES = ['a', 'b', 'c', 'd']
const CLIENTS = 8
const SESSIONS = 2
const PATIENCE_MS = 15_000
/** So much later one may notice than another who has come or gone. */
const NOTICE_MS = 200
const GOOD_LINK = { delayMinMs: 1, delayMaxMs: 1, loss: 0, duplication: 0 }

/** Clients that take locks, add one and give them back, on nodes that are killed, replaced and suspended, over links that lose, double and delay. Everything follows from the seed. */
export class LockCrowd {
  readonly ledger = new LockLedger()
  readonly ids: readonly string[]
  readonly #cluster: MemoryCluster
  readonly #dice: Dice
  #nodes: readonly TestNode[]
  /** Resolves when the node is killed: what it was asked for never comes. */
  readonly #ends = new Map<TestNode, { readonly killed: Promise<void>; readonly tell: () => void }>()
  #isOver = false
  #named = 0
  kills = 0
  suspensions = 0

  static async start(seed: number): Promise<LockCrowd> {
    const { cluster, nodes, a, advance } = await startCluster({ seed, names: NODES })
    const ids = Array.from({ length: SESSIONS }, () => a.write(undefined, { n: 0 }).id)
    await advance(50)
    return new LockCrowd(cluster, nodes, ids, new Dice(seed))
  }

  constructor(cluster: MemoryCluster, nodes: readonly TestNode[], ids: readonly string[], dice: Dice) {
    this.#cluster = cluster
    this.#nodes = nodes
    this.#dice = dice
    this.ids = ids
    for (const node of nodes) this.#note(node)
  }

  get nodes(): readonly TestNode[] {
    return this.#nodes
  }

  /** So many virtual ms with faults, and then what it takes for everybody to come to rest. */
  async run(ms: number): Promise<void> {
    const { time } = this.#cluster
    this.#cluster.faults = { delayMinMs: 1, delayMaxMs: this.#dice.between(1, 40), loss: 0.01, duplication: 0.01 }
    this.#cluster.noticeMaxMs = NOTICE_MS
    const clients = Array.from({ length: CLIENTS }, () => this.#client())
    const endMs = time.nowMs + ms
    while (time.nowMs < endMs) {
      await time.advance(this.#dice.between(20, 400))
      this.ledger.lookAtAll()
      await this.#fault()
    }
    this.#isOver = true
    this.#cluster.faults = GOOD_LINK
    for (const { channel } of this.#nodes) channel.resume()
    await time.until(Promise.all(clients))
    await time.advance(20_000)
  }

  async #fault(): Promise<void> {
    const dice = this.#dice
    const node = dice.pick(this.#nodes)
    const others = this.#nodes.filter(other => other !== node)
    if (!others.every(({ channel }) => channel.isResponding)) return
    if (dice.chance(0.04)) return this.#replace(node)
    if (dice.chance(0.08) && node.channel.isResponding) this.#suspend(node)
  }

  #suspend({ channel }: TestNode): void {
    this.suspensions++
    channel.hang()
    this.#cluster.time.after(this.#dice.between(50, 6_000), () => channel.resume())
  }

  async #replace(node: TestNode): Promise<void> {
    this.kills++
    node.kill()
    this.#ends.get(node)!.tell()
    this.#nodes = this.#nodes.filter(other => other !== node)
    const next = new TestNode(this.#cluster, `${node.channel.name}${++this.#named}`)
    await next.up()
    // Who does not know the others yet is alone, and gives locks as it likes.
    await this.#cluster.time.advance(NOTICE_MS)
    await this.#cluster.time.until(next.manager.join())
    this.#note(next)
    this.#nodes = [...this.#nodes, next]
  }

  #note(node: TestNode): void {
    let tell = () => {}
    const killed = new Promise<void>(resolve => {
      tell = resolve
    })
    this.#ends.set(node, { killed, tell })
  }

  async #client(): Promise<void> {
    while (!this.#isOver) {
      // A process that is suspended calls nothing.
      const node = this.#dice.pick(this.#nodes.filter(({ channel }) => channel.isResponding))
      await Promise.race([this.#request(node, this.#dice.pick(this.ids)), this.#ends.get(node)!.killed])
    }
  }

  async #request(node: TestNode, id: string): Promise<void> {
    const { manager } = node
    const lock = await manager.locks.lock(id, PATIENCE_MS)
    if (!node.channel.isUp) return
    if (!lock) return void this.ledger.timedOut++
    this.ledger.grantedTo(node, lock)
    try {
      const found = manager.findSession(id, lock.seen)
      const loaded = found.kind === 'here' ? found : await manager.loadSession(id, lock.seen)
      if (loaded.kind !== 'here' || !lock.isHeld) return
      const { session } = loaded
      session.lock = lock
      const read = Number(session.getAttribute('n'))
      if (lock.isCertain) this.ledger.hasRead(id, read)
      await this.#work(node)
      session.setAttribute('n', read + 1)
      const { acknowledged } = manager.requestCompleted(session, 'backup')
      lock.release()
      if ((await acknowledged) === 'held') this.ledger.acknowledged(id, read + 1)
    } catch (error) {
      if ((error as { code?: string }).code !== 'HA_SESSION_LOCK_LOST') throw error
      this.ledger.lost++
    } finally {
      lock.release()
    }
  }

  /** Mostly a moment, sometimes longer than a lease. */
  #work({ channel }: TestNode): Promise<void> {
    const ms = this.#dice.chance(0.2) ? this.#dice.between(2_000, 8_000) : this.#dice.between(0, 50)
    return new Promise(resolve => channel.clock.setTimer(ms, () => resolve()))
  }
}
