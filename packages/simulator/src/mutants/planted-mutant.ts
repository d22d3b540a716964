import { register } from 'node:module'
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads'
import type { Mutant } from './mutant.js'
import type { HookData } from './mutation-hook.js'

/** A mutant that is in effect in this process: for every module that is loaded from now on. */
export class PlantedMutant {
  readonly #mutant: Mutant
  readonly #port: MessageChannel['port1']
  readonly #changed = new Set<unknown>()

  private constructor(mutant: Mutant, port: MessageChannel['port1']) {
    this.#mutant = mutant
    this.#port = port
  }

  static plant(mutant: Mutant): PlantedMutant {
    const { port1, port2 } = new MessageChannel()
    // It must not keep the process alive.
    port1.unref()
    const data: HookData = { mutant: { name: mutant.name, edits: mutant.edits }, port: port2 }
    register('./mutation-hook.js', { parentURL: import.meta.url, data, transferList: [port2] })
    return new PlantedMutant(mutant, port1)
  }

  /** Files that should have been changed and were never loaded: a run without them says nothing about the mutant. */
  untouchedFiles(): string[] {
    for (let heard = receiveMessageOnPort(this.#port); heard; heard = receiveMessageOnPort(this.#port))
      this.#changed.add(heard.message)
    return this.#mutant.edits.map(edit => edit.file).filter(file => !this.#changed.has(file))
  }
}
