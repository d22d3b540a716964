import { Chance } from './chance.js'
import { type CollectedMemory, collectedMemory, memoryGrowthBytes } from './collected-memory.js'
import { Coverage } from './coverage.js'
import { Mutator } from './mutator.js'
import { Finding, type FuzzTarget } from './target.js'

export interface FuzzPlan {
  readonly seed: number
  /** How many inputs; undefined: as many as `seconds` allow. */
  readonly count: number | undefined
  readonly seconds: number
  /** The seeds are fed as they are: what the same load of well-formed inputs does. */
  readonly isUnchanged: boolean
  /** Called for each input that reached new code. */
  readonly kept: (bytes: Uint8Array) => void
  /** Called about once a second. */
  readonly progress: (text: string) => void
}

export interface FuzzResult {
  readonly target: string
  readonly inputs: number
  readonly taken: number
  readonly seconds: number
  /** Of this process's own time: other processes may take theirs beside it. */
  readonly inputsPerCpuSecond: number
  readonly corpus: number
  /** Characters of the packages' code that were run. */
  readonly covered: number
  /** Undefined: too little was fed to tell. */
  readonly growthBytes: number | undefined
  /** After a collection, now and then: what grows for ever does not level off. */
  readonly memoryMiB: readonly number[]
  readonly notes: string
  readonly findings: readonly Finding[]
}

/** So many inputs between two rests. */
const CHUNK = 256
const FIRST_BATCH = 20_000 / CHUNK
const MOST_BATCH = 16 * FIRST_BATCH
/** After so many batches without anything new, coverage is given up, and all goes twice as fast. */
const DRY_BATCHES = 24
const DEFAULT_MOST_MS = 50
const MOST_FINDINGS = 5
const STACK_LINES = 20
const MEMORY_EVERY_MS = 30_000
/** What is loaded and compiled lazily is there by then. */
const WARM_UP_CHUNKS = 400
const LIVE_WARM_UP_CHUNKS = 100

/** Feeds one target mutated inputs: guided by coverage as long as that finds something, then as fast as it can. */
export class Fuzzer {
  readonly #target: FuzzTarget
  readonly #plan: FuzzPlan
  readonly #chance: Chance
  readonly #mutator: Mutator
  readonly #coverage = new Coverage()
  readonly #corpus: Uint8Array[]
  readonly #mostMs: number
  readonly #findings: Finding[] = []
  #inputs = 0
  #taken = 0
  #batch = FIRST_BATCH
  #dryBatches = 0
  #isGuided: boolean
  #isSlowKnown = false
  #memoryAtFirst: CollectedMemory | undefined
  readonly #memoryMiB: number[] = []
  #memoryLookedAtMs = 0
  readonly #begunCpu = process.cpuUsage()
  #begunAtMs = 0
  #toldAtMs = 0

  constructor(target: FuzzTarget, corpus: readonly Uint8Array[], plan: FuzzPlan) {
    this.#target = target
    this.#plan = plan
    this.#mostMs = target.mostMs ?? DEFAULT_MOST_MS
    this.#chance = new Chance(plan.seed)
    this.#isGuided = !target.isLive
    this.#mutator = new Mutator(this.#chance)
    this.#corpus = [...target.seeds, ...corpus]
  }

  async run(): Promise<FuzzResult> {
    const { stackTraceLimit } = Error
    Error.stackTraceLimit = 0
    try {
      return await this.#run()
    } finally {
      Error.stackTraceLimit = stackTraceLimit
    }
  }

  async #run(): Promise<FuzzResult> {
    if (this.#isGuided) this.#coverage.start()
    for (const bytes of this.#corpus) this.#findIfSlow(Buffer.from(bytes))
    if (this.#isGuided) this.#coverage.learn(this.#coverage.look())
    this.#begunAtMs = performance.now()
    while (!this.#isOver()) await this.#runBatch()
    if (this.#isGuided) this.#coverage.stop()
    const seconds = this.#seconds()
    const cpu = process.cpuUsage(this.#begunCpu)
    const inputsPerCpuSecond = (this.#inputs * 1e6) / (cpu.user + cpu.system)
    await this.#last(() => this.#target.rest?.())
    const growthBytes = await this.#growthBytes()
    const { name: target } = this.#target
    const notes = (await this.#target.notes?.()) ?? ''
    await this.#last(() => this.#target.close?.())
    const counts = { inputs: this.#inputs, taken: this.#taken, seconds, inputsPerCpuSecond }
    const reached = { corpus: this.#corpus.length, covered: this.#coverage.size }
    return { target, ...counts, ...reached, growthBytes, memoryMiB: this.#memoryMiB, notes, findings: this.#findings }
  }

  async #runBatch(): Promise<void> {
    const mark = this.#chance.mark()
    const corpusSize = this.#corpus.length
    let chunks = 0
    while (chunks < this.#batch && !this.#isOver()) {
      this.#runChunk(corpusSize)
      chunks++
      await this.#last(() => this.#target.rest?.())
      await this.#noteMemory()
    }
    if (!this.#isGuided) return
    const fresh = this.#coverage.look()
    if (fresh.length === 0) return this.#dry()
    this.#search(mark, chunks, corpusSize)
    // What no input alone has reached is not looked for again.
    this.#coverage.learn(fresh)
  }

  #search(mark: Uint32Array, chunks: number, corpusSize: number): void {
    const after = this.#chance.mark()
    const hit = this.#bisected(mark, chunks * CHUNK, corpusSize)
    this.#chance.goBack(after)
    if (!hit) return this.#dry()
    this.#dryBatches = 0
    this.#batch = FIRST_BATCH
    this.#corpus.push(hit)
    this.#plan.kept(hit)
  }

  /** Makes the batch again, half by half, until the first input is left that reaches something new. */
  #bisected(mark: Uint32Array, count: number, corpusSize: number): Uint8Array | undefined {
    this.#chance.goBack(mark)
    let left = count
    while (left > 1) {
      const begin = this.#chance.mark()
      const half = left >>> 1
      this.#coverage.look()
      for (let i = 0; i < half; i++) this.#feed(this.#next(corpusSize))
      if (this.#coverage.look().length > 0) {
        this.#chance.goBack(begin)
        left = half
      } else left -= half
    }
    const hit = Uint8Array.from(this.#next(corpusSize))
    this.#feed(Buffer.from(hit))
    const fresh = this.#coverage.look()
    this.#coverage.learn(fresh)
    return fresh.length > 0 ? hit : undefined
  }

  #dry(): void {
    this.#batch = Math.min(MOST_BATCH, this.#batch * 2)
    if (++this.#dryBatches < DRY_BATCHES) return
    this.#coverage.stop()
    this.#isGuided = false
  }

  #runChunk(corpusSize: number): void {
    const mark = this.#chance.mark()
    const begunAtMs = performance.now()
    for (let i = 0; i < CHUNK; i++) if (this.#feed(this.#next(corpusSize))) this.#taken++
    this.#inputs += CHUNK
    const endedAtMs = performance.now()
    if (endedAtMs - begunAtMs > this.#mostMs) this.#findSlow(mark, corpusSize)
    if (endedAtMs - this.#toldAtMs > 1000) this.#tell(endedAtMs)
  }

  #next(corpusSize: number): Buffer {
    const parent = this.#corpus[this.#chance.below(corpusSize)]!
    if (this.#plan.isUnchanged) return Buffer.from(parent)
    const bytes = this.#mutator.mutated(parent, this.#corpus[this.#chance.below(corpusSize)]!)
    if (this.#target.mend && this.#chance.below(8) !== 0) this.#target.mend(bytes)
    return bytes
  }

  #feed(bytes: Buffer): boolean {
    try {
      return this.#target.feed(bytes)
    } catch (error) {
      this.#found(bytes, this.#withStack(bytes, error))
      return false
    }
  }

  /** Half of all time would go into the stacks of refusals: only what was found is thrown again with one. */
  #withStack(bytes: Buffer, error: unknown): unknown {
    Error.stackTraceLimit = STACK_LINES
    try {
      this.#target.feed(bytes)
    } catch (again) {
      return again
    } finally {
      Error.stackTraceLimit = 0
    }
    return error
  }

  /** What shows only afterwards is not of one input. */
  async #last(rest: () => Promise<void> | undefined): Promise<void> {
    try {
      await rest()
    } catch (error) {
      this.#found(Buffer.alloc(0), error)
    }
  }

  /** The machine may have stood still; an input that takes its time again and again is to blame. */
  #findSlow(mark: Uint32Array, corpusSize: number): void {
    if (this.#isSlowKnown) return
    const after = this.#chance.mark()
    this.#chance.goBack(mark)
    for (let i = 0; i < CHUNK && !this.#isSlowKnown; i++) {
      this.#findIfSlow(Buffer.from(this.#next(corpusSize)))
    }
    this.#chance.goBack(after)
  }

  #findIfSlow(bytes: Buffer): void {
    if (this.#leastMs(bytes) <= this.#mostMs) return
    this.#isSlowKnown = true
    this.#found(bytes, new Error(`takes more than ${this.#mostMs} ms`))
  }

  #leastMs(bytes: Buffer): number {
    let least = Number.POSITIVE_INFINITY
    for (let attempt = 0; attempt < 3 && least > this.#mostMs; attempt++) {
      const begunAtMs = performance.now()
      this.#feed(bytes)
      least = Math.min(least, performance.now() - begunAtMs)
    }
    return least
  }

  #found(bytes: Uint8Array, error: unknown): void {
    const finding = new Finding(this.#target.name, bytes, error)
    if (this.#findings.some(({ message }) => message === finding.message)) return
    this.#findings.push(finding)
  }

  async #noteMemory(): Promise<void> {
    if (this.#inputs < this.#warmUp) return
    if (!this.#memoryAtFirst) this.#memoryAtFirst = await this.#collected()
    else if (performance.now() - this.#memoryLookedAtMs > MEMORY_EVERY_MS) await this.#collected()
  }

  get #warmUp(): number {
    return CHUNK * (this.#target.isLive ? LIVE_WARM_UP_CHUNKS : WARM_UP_CHUNKS)
  }

  async #growthBytes(): Promise<number | undefined> {
    if (!this.#memoryAtFirst || this.#inputs < 2 * this.#warmUp) return undefined
    return memoryGrowthBytes(this.#memoryAtFirst, await this.#collected())
  }

  async #collected(): Promise<CollectedMemory> {
    const memory = await (this.#target.memory?.() ?? collectedMemory())
    this.#memoryMiB.push(Math.round(memory.residentBytes / 2 ** 20))
    this.#memoryLookedAtMs = performance.now()
    return memory
  }

  #isOver(): boolean {
    if (this.#findings.length >= MOST_FINDINGS) return true
    const { count, seconds } = this.#plan
    return count === undefined ? this.#seconds() >= seconds : this.#inputs >= count
  }

  #seconds(): number {
    return (performance.now() - this.#begunAtMs) / 1000
  }

  #tell(nowMs: number): void {
    this.#toldAtMs = nowMs
    const guided = this.#isGuided ? `${this.#coverage.size} characters of code` : 'as fast as it goes'
    const perSecond = Math.round(this.#inputs / this.#seconds())
    this.#plan.progress(
      `${this.#target.name}: ${this.#inputs} inputs, ${perSecond}/s, corpus ${this.#corpus.length}, ${guided}, ${this.#findings.length} findings`,
    )
  }
}
