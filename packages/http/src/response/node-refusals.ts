/** What Node refuses, in its own words: of an answer that waits it would say so after the wait, and to nobody. */

const CHANGES = { writeHead: 'write', setHeader: 'set', appendHeader: 'append', removeHeader: 'remove' } as const

export function headersSent(verb: keyof typeof CHANGES): Error {
  const error = new Error(`Cannot ${CHANGES[verb]} headers after they are sent to the client`)
  return Object.assign(error, { code: 'ERR_HTTP_HEADERS_SENT' })
}

export function hasChunk([chunk]: unknown[]): boolean {
  return chunk !== undefined && chunk !== null && typeof chunk !== 'function'
}

export function isChunk(chunk: unknown): boolean {
  return typeof chunk === 'string' || ArrayBuffer.isView(chunk)
}

export function badChunk(chunk: unknown): Error {
  if (chunk === null)
    return Object.assign(new TypeError('May not write null values to stream'), { code: 'ERR_STREAM_NULL_VALUES' })
  const problem = 'The "chunk" argument must be of type string or an instance of Buffer or Uint8Array.'
  return Object.assign(new TypeError(`${problem} Received type ${typeof chunk}`), { code: 'ERR_INVALID_ARG_TYPE' })
}

/** Tells nobody but the callback, if there is one. */
export function afterEnd(args: unknown[]): false {
  const done = args.findLast(arg => typeof arg === 'function') as ((error: Error) => void) | undefined
  const error = Object.assign(new Error('write after end'), { code: 'ERR_STREAM_WRITE_AFTER_END' })
  if (done) process.nextTick(done, error)
  return false
}
