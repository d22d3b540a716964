import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { CollectedMemory } from '../collected-memory.js'
import type { FuzzedMember, MemberAddress, MemberPlan } from './fuzzed-member.js'

const MAIN = fileURLToPath(new URL('member-main.ts', import.meta.url))

export interface MemberQuestion {
  readonly number: number
  readonly ask: keyof FuzzedMember
  /** Of a session, where one is asked about. */
  readonly id?: string
}

/** The first, of number 0, says that it has started. */
export interface MemberAnswer {
  readonly number: number
  readonly of?: unknown
  readonly error?: unknown
}

interface Waiting {
  resolve(value: unknown): void
  reject(error: unknown): void
}

/** A member in a process of its own: what it keeps, and for how long it is busy, is not that of whoever fuzzes it. */
export class MemberProcess implements FuzzedMember {
  readonly #child: ChildProcess
  readonly #waiting: Map<number, Waiting>
  #asked = 0

  static async started(plan: MemberPlan): Promise<MemberProcess> {
    const child = fork(MAIN, [JSON.stringify(plan)], { serialization: 'advanced', execArgv: ['--import', 'tsx'] })
    const waiting = new Map<number, Waiting>()
    child.on('message', message => {
      const { number, of, error } = message as MemberAnswer
      const asked = waiting.get(number)
      waiting.delete(number)
      if (error === undefined) asked?.resolve(of)
      else asked?.reject(error)
    })
    child.on('exit', (code, signal) => {
      for (const { reject } of waiting.values()) reject(new Error(`the member is gone: ${signal ?? code}`))
      waiting.clear()
    })
    await new Promise((resolve, reject) => waiting.set(0, { resolve, reject }))
    return new MemberProcess(child, waiting)
  }

  private constructor(child: ChildProcess, waiting: Map<number, Waiting>) {
    this.#child = child
    this.#waiting = waiting
  }

  paired(): Promise<void> {
    return this.#ask('paired')
  }

  address(): Promise<MemberAddress> {
    return this.#ask('address')
  }

  write(): Promise<string> {
    return this.#ask('write')
  }

  holds(id: string): Promise<void> {
    return this.#ask('holds', id)
  }

  expire(id: string): Promise<void> {
    return this.#ask('expire', id)
  }

  memory(): Promise<CollectedMemory> {
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

  #ask<T>(ask: keyof FuzzedMember, id?: string): Promise<T> {
    return new Promise<unknown>((resolve, reject) => {
      if (!this.#child.connected) return reject(new Error('the member is gone'))
      const number = ++this.#asked
      this.#waiting.set(number, { resolve, reject })
      this.#child.send({ number, ask, ...(id !== undefined && { id }) } satisfies MemberQuestion)
    }) as Promise<T>
  }
}
