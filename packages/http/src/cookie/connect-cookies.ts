import { createHmac, timingSafeEqual } from 'node:crypto'
import { BadSecretsError } from '../errors.js'
import { cookieValues } from './cookie-header.js'
import { idText } from './cookie-id.js'

/** What express-session takes: text, or bytes. */
type ConnectSecret = string | Uint8Array

/** Cookies of express-session, as its options say how they are made. */
export interface ConnectSidOptions {
  /** express-session's `secret`: the first signs, all verify. Absent: its cookies are not looked at. */
  readonly secret?: ConnectSecret | readonly ConnectSecret[] | undefined
  /** express-session's `name`. @default 'connect.sid' */
  readonly name?: string | undefined
  /** True: its cookie is written too, beside ours, so that an application on express-session finds the same session. @default false */
  readonly write?: boolean | undefined
}

const MAX_SAME_NAME = 4
const MAX_VALUE_CHARACTERS = 512

/**
 * The cookies of express-session: `s:<id>.<HMAC-SHA256 of the id in base64 without padding>`, percent-encoded. They say which session, and nothing of what its
 * client has seen of it.
 */
export class ConnectCookies {
  readonly name: string
  readonly isWritten: boolean
  readonly #secrets: readonly ConnectSecret[]

  /** Throws BadSecretsError. */
  constructor({ secret, name = 'connect.sid', write = false }: ConnectSidOptions) {
    this.#secrets = secret === undefined || Array.isArray(secret) ? (secret ?? []) : [secret as ConnectSecret]
    if (this.#secrets.length === 0 || !this.#secrets.every(isSecret)) throw new BadSecretsError(1)
    this.name = name
    this.isWritten = write
  }

  /** The id of the first one with a good signature. */
  read(header: string | undefined): string | undefined {
    if (!this.isPresented(header)) return undefined
    for (const value of cookieValues(header, `${this.name}=`, MAX_SAME_NAME)) {
      const id = this.#verified(value)
      if (id !== undefined) return id
    }
    return undefined
  }

  isPresented(header: string | undefined): header is string {
    return header?.includes(`${this.name}=`) === true
  }

  /** The cookie's value. */
  sign(id: string): string {
    return encodeURIComponent(`s:${id}.${signatureOf(id, this.#secrets[0]!)}`)
  }

  #verified(encoded: string): string | undefined {
    const value = encoded.length > MAX_VALUE_CHARACTERS ? '' : decoded(encoded)
    if (!value.startsWith('s:')) return undefined
    const dot = value.lastIndexOf('.')
    const id = value.slice(2, dot)
    // Our own cookie must be able to carry it as well.
    if (idText(id) === undefined) return undefined
    const signature = value.slice(dot + 1)
    return this.#secrets.some(secret => isSame(signature, signatureOf(id, secret))) ? id : undefined
  }
}

function isSecret(secret: unknown): boolean {
  return (typeof secret === 'string' || secret instanceof Uint8Array) && secret.length > 0
}

function signatureOf(id: string, secret: ConnectSecret): string {
  return createHmac('sha256', secret).update(id).digest('base64').replace(/=+$/, '')
}

function isSame(presented: string, good: string): boolean {
  const bytes = Buffer.from(presented)
  return bytes.length === good.length && timingSafeEqual(bytes, Buffer.from(good))
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    return ''
  }
}
