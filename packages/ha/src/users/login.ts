import { BadUserIdError, MAX_USER_BYTES } from '../errors.js'
import { propertyName } from '../state/entry.js'
import type { Stamp } from '../state/hybrid-clock.js'

/** The session property that says whose session it is. */
export const USER_NAME = 'user'
export const USER = propertyName(USER_NAME)
/** Whose session it is, and since when: the moment at which the request that logged in began. Stays when the session's id changes. */
export interface Login {
  readonly user: string
  readonly since: Stamp
}

/** As it stands in the session. */
export function loginValue({ user, since }: Login): unknown {
  return [user, since]
}

/** Of what is no login, because another node or version wrote it, undefined. */
export function loginFrom(value: unknown): Login | undefined {
  if (!Array.isArray(value)) return undefined
  const [user, since]: unknown[] = value
  return typeof user === 'string' && Number.isSafeInteger(since) ? { user, since: Number(since) } : undefined
}

/** Throws BadUserIdError. */
export function userIdFrom(given: unknown): string {
  const refuse = (found: string) => new BadUserIdError(found)
  if (typeof given !== 'string' && typeof given !== 'number')
    throw refuse(given === null ? 'null' : `a ${typeof given}`)
  // What a calculation without a result gives, and so the same for whoever it went wrong for.
  if (Number.isNaN(given)) throw refuse('not a number (NaN)')
  const id = String(given)
  const bytes = Buffer.from(id)
  if (bytes.length === 0 || bytes.length > MAX_USER_BYTES) throw refuse(`${bytes.length} bytes long`)
  if (bytes.toString() !== id) throw refuse('text that is not well-formed Unicode')
  return id
}

/**
 * The user in an attribute, when the option does not say how to find it: the value itself, or, of an object, its `user` (as passport has it) or its `id`.
 * Undefined: nobody is logged in.
 */
export function userInside(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value ?? undefined
  const { user, id } = value as { user?: unknown; id?: unknown }
  return user ?? id ?? undefined
}
