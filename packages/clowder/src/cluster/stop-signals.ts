/** The clusters of this process that are being stopped for a signal. */
const stopping = new Set<Promise<void>>()

/**
 * On the first of `signals` stops the cluster and then, when all others of this process that listen to it have stopped as well, raises the signal again, so that it does what it would have done: end the process, or reach
 * whoever else listens to it (libraries that clean up at the end step back while somebody else listens, and wait for this second time).
 * Returns how to give the signals back.
 */
export function stopOnSignals(signals: readonly NodeJS.Signals[], stop: () => Promise<void>): () => void {
  const release = () => {
    for (const signal of signals) process.off(signal, received)
  }
  const received = (signal: NodeJS.Signals) => {
    release()
    const work = stop()
    stopping.add(work)
    void work.finally(() => {
      stopping.delete(work)
      if (stopping.size === 0) process.kill(process.pid, signal)
    })
  }
  for (const signal of signals) process.on(signal, received)
  return release
}
