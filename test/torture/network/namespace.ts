import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'

/**
 * A network namespace, kept by a process that does nothing else and ends when its standard input does: however this process ends, the kernel takes away the
 * namespace and every interface in it. So there are no names that could clash and nothing that could be left behind.
 */
export class Namespace {
  readonly #keeper: ChildProcess

  private constructor(keeper: ChildProcess) {
    this.#keeper = keeper
  }

  static async open(): Promise<Namespace> {
    const keeper = spawn('unshare', ['--net', 'sh', '-c', 'echo open; exec cat'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const [opened] = await Promise.race([once(keeper.stdout, 'data'), once(keeper, 'exit')])
    if (!Buffer.isBuffer(opened)) throw new Error(`no network namespace could be made: unshare ended with ${opened}`)
    return new Namespace(keeper)
  }

  /** For `ip link … netns`. */
  get pid(): string {
    return String(this.#keeper.pid)
  }

  /** A command in front of others that makes them run in here, in the same process. */
  get enter(): readonly [string, ...string[]] {
    return ['nsenter', `--net=/proc/${this.pid}/ns/net`]
  }

  /** Runs a command to its end; rejects with what it said. */
  run(command: string, args: readonly string[], input = ''): Promise<string> {
    const [program, ...prefix] = this.enter
    return runCommand(program, [...prefix, command, ...args], input)
  }

  /** Resolves when it is gone. */
  async close(): Promise<void> {
    if (this.#keeper.exitCode !== null || this.#keeper.signalCode !== null) return
    const gone = once(this.#keeper, 'exit')
    this.#keeper.stdin?.end()
    this.#keeper.kill('SIGKILL')
    await gone
  }
}

export function runCommand(program: string, args: readonly string[], input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(program, args, (error, stdout, stderr) =>
      error ? reject(new Error(`${program} ${args.join(' ')}: ${stderr || error.message}`)) : resolve(stdout),
    )
    // A command that reads nothing may be gone before its input is closed; how it ended is told above.
    child.stdin?.on('error', () => {})
    child.stdin?.end(input)
  })
}
