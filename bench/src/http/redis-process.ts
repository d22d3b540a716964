import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { installPackages, isInstalled } from '../process/debian-packages.js'

const READY_TIMEOUT_MS = 5000

/** A Redis of our own: on a free port, in memory only, ended with us. */
export class RedisProcess {
  readonly port: number
  readonly version: string
  readonly #child: ChildProcess
  readonly #kill = () => this.#child.kill()

  private constructor(port: number, child: ChildProcess) {
    this.port = port
    this.#child = child
    this.version = /v=(\S+)/.exec(spawnSync('redis-server', ['--version'], { encoding: 'utf8' }).stdout)?.[1] ?? '?'
    process.once('exit', this.#kill)
  }

  /** Or why there is none. */
  static async start(tell: (text: string) => void): Promise<RedisProcess | string> {
    if (!isInstalled('redis-server', '--version')) {
      const problem = installPackages(['redis-server'], tell)
      if (problem) return problem
    }
    const port = await freePort()
    const args = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']
    const redis = new RedisProcess(port, spawn('redis-server', args, { stdio: 'ignore' }))
    return (await redis.#answers()) ? redis : redis.stop().then(() => 'redis-server did not start')
  }

  get pid(): number {
    return this.#child.pid!
  }

  async stop(): Promise<void> {
    process.off('exit', this.#kill)
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = once(this.#child, 'exit')
    this.#child.kill()
    await ended
  }

  async #answers(): Promise<boolean> {
    const deadline = Date.now() + READY_TIMEOUT_MS
    while (Date.now() < deadline) {
      if (await isListening(this.port)) return true
      await delay(20)
    }
    return false
  }
}

function isListening(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect({ port, host: '127.0.0.1' })
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false))
    socket.on('connect', () => socket.destroy())
  })
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
