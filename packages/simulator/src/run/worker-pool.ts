import { type ChildProcess, fork } from 'node:child_process'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { SeedOrder, SeedReport } from './worker-messages.js'

const WORKER = fileURLToPath(new URL(`./worker${extname(import.meta.url)}`, import.meta.url))
/**
 * A run's garbage dies young when there is room for what is young. And thousands of errors are made in a run, each of which costs as much as the stack that it
 * remembers: whoever needs the whole of it runs the seed alone.
 */
const WORKER_FLAGS = ['--max-semi-space-size=64', '--stack-trace-limit=3']
/** A schedule that takes longer than this of real time hangs, ms. */
const HANGS_AFTER_MS = 120_000

/** Processes that run seeds, each taking the next one when it has finished. One that dies or hangs is replaced, and its seed has failed. */
export class WorkerPool {
  readonly #workers: number

  constructor(workers: number) {
    this.#workers = workers
  }

  /** Hands each report to `reported` as it comes; resolves when all are there. */
  async run(orders: Iterator<SeedOrder>, reported: (report: SeedReport) => void): Promise<void> {
    await Promise.all(Array.from({ length: this.#workers }, () => this.#work(orders, reported)))
  }

  async #work(orders: Iterator<SeedOrder>, reported: (report: SeedReport) => void): Promise<void> {
    let worker: ChildProcess | undefined
    for (let next = orders.next(); !next.done; next = orders.next()) {
      worker ??= fork(WORKER, { stdio: 'inherit', execArgv: [...process.execArgv, ...WORKER_FLAGS] })
      const report = await answerOf(worker, next.value)
      if (worker.exitCode !== null || worker.killed) worker = undefined
      reported(report)
    }
    worker?.disconnect()
  }
}

function answerOf(worker: ChildProcess, order: SeedOrder): Promise<SeedReport> {
  return new Promise(resolve => {
    const settle = (report: SeedReport) => {
      clearTimeout(patience)
      worker.off('message', settle)
      worker.off('exit', died)
      resolve(report)
    }
    const broken = (what: string) => settle({ seed: order.seed, violations: [{ invariant: 'I10', at: 0, what }] })
    const died = (code: number | null) => broken(`the process that ran this seed ended with ${code}`)
    const patience = setTimeout(() => {
      worker.kill('SIGKILL')
      broken('the run did not come to its end')
    }, HANGS_AFTER_MS)
    worker.on('message', settle)
    worker.on('exit', died)
    worker.send(order)
  })
}
