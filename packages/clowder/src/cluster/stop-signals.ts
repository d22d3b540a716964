/**
 * On the first of `signals` stops the cluster and then lets the signal do what it would have done: end the process, unless somebody else listens to it.
 * Returns how to give the signals back.
 */
export function stopOnSignals(signals: readonly NodeJS.Signals[], stop: () => Promise<void>): () => void {
  const release = () => {
    for (const signal of signals) process.off(signal, received)
  }
  const received = (signal: NodeJS.Signals) => {
    release()
    void stop().finally(() => {
      if (process.listenerCount(signal) === 0) process.kill(process.pid, signal)
    })
  }
  for (const signal of signals) process.on(signal, received)
  return release
}
