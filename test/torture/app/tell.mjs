/** CLOCK_MONOTONIC is one clock for all processes of a host: the history of the bed is told in it. */
export const nowMs = () => Number(process.hrtime.bigint()) / 1e6

/** Beyond this, and spent by this process itself, an event loop was held up. */
const LOOP_DELAY_MS = 250
const LOOK_MS = 50

export function tell(message) {
  if (process.connected) process.send({ at: nowMs(), ...message })
}

/** Tells of what must not be: uncaught errors, and an event loop that this process itself held up. Ends when nobody listens any more. */
export function watchProcess() {
  process.on('uncaughtException', error =>
    tell({ type: 'trouble', trouble: 'uncaught', what: String(error.stack ?? error) }),
  )
  process.on('disconnect', abandoned)
  let lastMs = nowMs()
  let lastCpu = process.cpuUsage()
  setInterval(() => {
    const delayMs = nowMs() - lastMs - LOOK_MS
    const { user, system } = process.cpuUsage(lastCpu)
    const ownMs = Math.min(delayMs, (user + system) / 1000)
    if (delayMs > LOOP_DELAY_MS && !held.isOnPurpose) tellDelay(delayMs, ownMs)
    held.isOnPurpose = false
    lastMs = nowMs()
    lastCpu = process.cpuUsage()
  }, LOOK_MS).unref()
}

/** Nobody is there any more to whom it could matter. */
export function abandoned() {
  process.exit()
}

/** Held up by its own work, or, when it did not even get to work, by a machine that was busy with something else. */
function tellDelay(delayMs, ownMs) {
  if (ownMs > delayMs / 2)
    tell({ type: 'trouble', trouble: 'loop-delay', what: 'the event loop', ms: Math.round(ownMs) })
  else tell({ type: 'starved', ms: Math.round(delayMs) })
}

/** Set by whoever holds the loop up on purpose. */
export const held = { isOnPurpose: false }
