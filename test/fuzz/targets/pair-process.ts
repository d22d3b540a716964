import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Trust } from './pair-network.js'

const MAIN = fileURLToPath(new URL('pair-main.ts', import.meta.url))

export interface PairQuestion {
  readonly number: number
  readonly ask: 'check' | 'memory' | 'notes' | 'close'
}

/** The first, of number 0, is where the first member listens, and who it is. */
export interface PairAnswer {
  readonly number: number
  readonly of?: unknown
  readonly error?: unknown
}

export interface PairAddress {
  readonly host: string
  readonly port: number
  readonly uniqueId: Uint8Array
}

interface Waiting {
  resolve(value: unknown): void
  reject(error: unknown): void
}

/** A pair of members in a process of their own: what they keep, and for how long they are busy, is not that of whoever fuzzes them. */
export class PairProcess {
  readonly name: string
  readonly address: PairAddress
  readonly #child: ChildProcess
  readonly #waiting: Map<number, Waiting>
  #asked = 0

  static async started(name: string, trust: Trust): Promise<PairProcess> {
    const child = fork(MAIN, [name, trust], { serialization: 'advanced', execArgv: ['--import', 'tsx'] })
    const waiting = new Map<number, Waiting>()
    child.on('message', message => {
      const { number, of, error } = message as PairAnswer
      const asked = waiting.get(number)
      waiting.delete(number)
      if (error === undefined) asked?.resolve(of)
      else asked?.reject(error)
    })
    child.on('exit', (code, signal) => {
      for (const { reject } of waiting.values()) reject(new Error(`the members are gone: ${signal ?? code}`))
      waiting.clear()
    })
    const address = await new Promise((resolve, reject) => waiting.set(0, { resolve, reject }))
    return new PairProcess(name, address as PairAddress, child, waiting)
  }

  private constructor(name: string, address: PairAddress, child: ChildProcess, waiting: Map<number, Waiting>) {
    this.name = name
    this.address = address
    this.#child = child
    this.#waiting = waiting
  }

  /** See `LivePair.check`. */
  check(): Promise<void> {
    return this.#ask('check')
  }

  memoryBytes(): Promise<number> {
    return this.#ask('memory')
  }

  notes(): Promise<string> {
    return this.#ask('notes')
  }

  async close(): Promise<void> {
    const exited = once(this.#child, 'exit')
    await this.#ask('close')
    this.#child.disconnect()
    await exited
  }

  #ask<T>(ask: PairQuestion['ask']): Promise<T> {
    return new Promise<unknown>((resolve, reject) => {
      if (!this.#child.connected) return reject(new Error('the members are gone'))
      const number = ++this.#asked
      this.#waiting.set(number, { resolve, reject })
      this.#child.send({ number, ask } satisfies PairQuestion)
    }) as Promise<T>
  }
}
