import type { LogSink } from './log-sink.js'

/** The application's logger, as it is: it may answer with a promise. */
export interface ForeignSink {
  write(...record: Parameters<LogSink['write']>): unknown
}

/**
 * `foreign`, and what fails there goes to `own`, the first time with the reason. A record is written from wherever something has happened, timers and sockets too: what a logger throws would end the process.
 */
export function safeSink(foreign: ForeignSink, own: LogSink): LogSink {
  let isTold = false
  const failed = (err: unknown, ...record: Parameters<LogSink['write']>) => {
    if (!isTold)
      own.write('error', { err }, 'The logger of the options has failed. What it does not take is written here.')
    isTold = true
    own.write(...record)
  }
  return {
    write(...record) {
      try {
        const written = foreign.write(...record)
        if (written instanceof Promise) written.catch(err => failed(err, ...record))
      } catch (err) {
        failed(err, ...record)
      }
    },
  }
}
