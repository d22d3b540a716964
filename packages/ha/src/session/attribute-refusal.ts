import { type HaError, NewerSchemaError, SchemaMigrationError, UnserializableValueError } from '../errors.js'
import { isProperty, plainName } from '../state/entry.js'
import { MAX_NAME_BYTES } from '../state/packed-state.js'

/** Printable ASCII: the usual names, of which nothing more needs to be asked. */
const PLAIN_NAME = /^[ -~]*$/

/** Throws `UnserializableValueError` if no attribute can have this name. */
export function assertName(name: string): void {
  if (name.length <= MAX_NAME_BYTES && PLAIN_NAME.test(name)) return
  if (Buffer.byteLength(name) > MAX_NAME_BYTES) {
    throw new UnserializableValueError('', `under a name longer than ${MAX_NAME_BYTES} bytes`)
  }
  if (Buffer.from(name, 'utf8').toString('utf8') !== name) {
    throw new UnserializableValueError('', 'under a name that is not well-formed Unicode')
  }
}

/** Why an attribute cannot be kept. Puts its name in front of the path that the codec reports. */
export function asRefusal(stored: string, error: unknown): HaError {
  if (error instanceof NewerSchemaError || error instanceof SchemaMigrationError) return error
  const name = isProperty(stored) ? stored.slice(1) : plainName(stored)
  if (error instanceof UnserializableValueError) {
    return new UnserializableValueError(name + error.path, error.found, { cause: error })
  }
  return new UnserializableValueError(name, `not encodable (${String(error)})`, { cause: error })
}
