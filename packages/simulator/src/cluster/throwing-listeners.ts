import type { DeltaManager } from '@clowder/ha'

const EVENTS = ['sessionCreated', 'sessionDestroyed', 'sessionExpired', 'sessionIdChanged', 'conflict'] as const

/** An application's listeners that throw for as long as the fault lasts (F11). */
export class ThrowingListeners {
  isThrowing = false
  thrown = 0

  constructor({ events }: DeltaManager) {
    for (const name of EVENTS) events.on(name, () => this.#heard(name))
  }

  #heard(name: string): void {
    if (!this.isThrowing) return
    this.thrown++
    throw new Error(`the application's listener of ${name} throws`)
  }
}
