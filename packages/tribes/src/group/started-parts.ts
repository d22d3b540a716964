import type { Logger } from '../ports/logger.js'

export interface Stoppable {
  stop(): Promise<void>
}

/** Remembers what has started, so that it is stopped in reverse: at the end, or at once when a later part fails to start. */
export class StartedParts {
  readonly #logger: Logger
  readonly #started: Stoppable[] = []

  constructor(components: { logger: Logger }) {
    this.#logger = components.logger
  }

  /** Waits until `part` has started; when that fails, everything started before is stopped and the failure goes on. */
  async add<T>(part: Stoppable, starting: () => Promise<T>): Promise<T> {
    try {
      const result = await starting()
      this.#started.push(part)
      return result
    } catch (error) {
      await this.stop()
      throw error
    }
  }

  /** One part that fails to stop does not keep the others alive. */
  async stop(): Promise<void> {
    for (let part = this.#started.pop(); part; part = this.#started.pop()) {
      await part.stop().catch(error => this.#logger.warn({ err: error }, 'A part of the channel failed to stop.'))
    }
  }
}
