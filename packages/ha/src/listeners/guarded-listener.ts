import type { Logger } from '@clowder/tribes'

/** `listener`, but what it throws, or rejects with, is logged: it disturbs neither the other listeners nor whoever tells them. */
export function guardedListener<Arguments extends readonly unknown[]>(
  logger: Logger,
  event: string,
  listener: (...args: Arguments) => unknown,
): (...args: Arguments) => void {
  const failed = (err: unknown) => logger.error({ err, event }, `A listener of ${event} failed.`)
  return (...args) => {
    try {
      const result = listener(...args)
      if (result instanceof Promise) result.catch(failed)
    } catch (error) {
      failed(error)
    }
  }
}
