/** A value that is at hand, or will be. What is at hand is given in the same turn. */
export type Soon<T> = T | Promise<T>

export function soonAfter<T, U>(soon: Soon<T>, next: (value: T) => Soon<U>): Soon<U> {
  return soon instanceof Promise ? soon.then(next) : next(soon)
}

/** As Node's: the error first, or null. */
export type StoreCallback<T> = (error: unknown, value?: T) => void

/**
 * Gives what `work` comes to, to `callback` if there is one: in this turn if it is at hand, else in a turn of its own, so that what a callback throws is an uncaught
 * exception like any other and is never taken for a failure of `work`. Without a callback it returns a promise, whose rejection may be left alone: whoever
 * calls without a callback has never looked at a result. Never throws by itself.
 */
export function answer<T>(work: () => Soon<T>, callback: StoreCallback<T> | undefined): Promise<T> | undefined {
  const soon = attempt(work)
  if (typeof callback !== 'function') return unwatched(soon)
  if (soon instanceof Promise) {
    soon.then(
      value => process.nextTick(callback, null, value),
      error => process.nextTick(callback, error),
    )
  } else callback(null, soon)
  return undefined
}

/** What `work` throws; undefined: nothing. For work of our own before a callback that may come in a turn of its own, where what is thrown would end the process. */
export function failureOf(work: () => unknown): unknown {
  try {
    work()
    return undefined
  } catch (error) {
    return error
  }
}

/** What `work` throws is a rejection. */
function attempt<T>(work: () => Soon<T>): Soon<T> {
  try {
    return work()
  } catch (error) {
    return Promise.reject(error)
  }
}

function unwatched<T>(soon: Soon<T>): Promise<T> {
  const promise = Promise.resolve(soon)
  promise.catch(() => {})
  return promise
}
