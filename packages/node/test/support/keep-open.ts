import t from 'tap'

/** Nothing under test keeps the process open, so the test itself must. */
export function keepOpen(): void {
  const timer = setInterval(() => {}, 1000)
  t.teardown(() => clearInterval(timer))
}

/** Resolves when `isTrue`; looks every few milliseconds, and gives up after ten seconds. */
export async function until(isTrue: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000
  while (!isTrue()) {
    if (Date.now() > deadline) throw new Error(`never came true: ${isTrue}`)
    await new Promise(resolve => setTimeout(resolve, 2))
  }
}
