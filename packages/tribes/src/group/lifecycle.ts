export interface LifecycleSteps {
  start(): Promise<void>
  stop(): Promise<void>
}

/** Makes `start` and `stop` idempotent, and lets calls that overlap happen one after the other, in the order in which they were made. */
export class Lifecycle {
  readonly #steps: LifecycleSteps
  #isStarted = false
  #last: Promise<void> = Promise.resolve()

  constructor(steps: LifecycleSteps) {
    this.#steps = steps
  }

  start(): Promise<void> {
    return this.#after(async () => {
      if (this.#isStarted) return
      await this.#steps.start()
      this.#isStarted = true
    })
  }

  stop(): Promise<void> {
    return this.#after(async () => {
      if (!this.#isStarted) return
      this.#isStarted = false
      await this.#steps.stop()
    })
  }

  /** A failure belongs to whoever called, not to whoever calls next. */
  #after(step: () => Promise<void>): Promise<void> {
    const done = this.#last.then(step)
    this.#last = done.catch(() => {})
    return done
  }
}
