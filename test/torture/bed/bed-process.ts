import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { BedJob, BedReport } from './bed-job.js'

const MAIN = fileURLToPath(new URL('bed-main.ts', import.meta.url))

/**
 * A bed in a process, a network namespace and a mount namespace of its own: several do not meet, whatever their addresses, and everything that one has made goes
 * away with it.
 * It is killed by the kernel when this process ends.
 */
export class BedProcess {
  readonly #child: ChildProcess
  #report: (report: BedReport) => void = () => {}

  constructor(folder: string) {
    this.#child = fork(MAIN, [folder], {
      execPath: 'unshare',
      execArgv: ['--net', '--mount', 'setpriv', '--pdeathsig', 'KILL', process.execPath, '--import', 'tsx'],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    this.#child.on('message', message => this.#report(message as BedReport))
    this.#child.on('error', () => {})
  }

  /** Resolves when the job is done; `report` is called meanwhile. Rejects when the bed's process ends before. */
  async work(job: BedJob, report: (report: BedReport) => void): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const ended = (code: number | null, signal: string | null) =>
        reject(new Error(`the bed ended: ${signal ?? code}`))
      // It could not be started, or has ended before it was asked.
      const failed = (error: Error) => reject(new Error(`the bed ended: ${error.message}`))
      this.#child.once('exit', ended).once('error', failed)
      this.#report = told => {
        if (told.kind !== 'free') return report(told)
        this.#child.off('exit', ended).off('error', failed)
        resolve()
      }
      this.#child.send(job)
    })
  }

  /** With everything in it. */
  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const gone = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await gone
  }
}
