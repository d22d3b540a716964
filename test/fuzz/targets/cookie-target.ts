import { ByteReader } from '@clowder/tribes'
import { readToken } from '../../../packages/ha/src/state/version-token.js'
import { ConnectCookies } from '../../../packages/http/src/cookie/connect-cookies.js'
import { CookieJar } from '../../../packages/http/src/cookie/cookie-jar.js'
import { CookieSigner } from '../../../packages/http/src/cookie/cookie-signer.js'
import { cookies } from '../../golden/kinds/cookies.js'
import type { FuzzTarget } from '../target.js'

const SECRET = 'golden secret, 32 characters long'
const NAME = 'clowder.sid'
const SIGNED = /(clowder\.sid=)([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]*)\.[^;]*/

/**
 * The `Cookie` header, through one jar that remembers what it has verified, as on a node. In most inputs the first cookie is signed anew after it was changed: else nothing behind
 * the signature would ever be reached. Nothing is thrown, and no id is believed that was not signed.
 */
export class CookieTarget implements FuzzTarget {
  readonly name = 'cookie-jar'
  readonly seeds: readonly Uint8Array[]
  readonly #signer = new CookieSigner([SECRET, 'an older secret of 32 characters.'])
  readonly #jar = new CookieJar(this.#signer, NAME)
  readonly #connect = new ConnectCookies({ secret: SECRET })

  constructor() {
    const connect = Buffer.from(`${this.#connect.name}=${this.#connect.sign('abc')}; a=b`)
    const many = Buffer.from(`${'a=b; '.repeat(500)}${NAME}=x; ${NAME}=; ${NAME}=y`)
    this.seeds = [...cookies.samples.map(([, value]) => cookies.encode(value)), connect, many]
  }

  feed(bytes: Buffer): boolean {
    const header = this.#signedAnew(bytes.toString('latin1'), bytes.length % 4 !== 0)
    this.#connect.read(header)
    const reading = this.#jar.read(header)
    if (typeof reading === 'string') return false
    const { id, signed } = reading.cookie
    const [ownId, token, signature] = signed.split('.') as [string, string, string]
    if (id !== ownId || this.#signer.signedBy(`${id}.${token}`, signature) === -1) throw new Error(`believed ${signed}`)
    readToken(new ByteReader(Buffer.from(token, 'base64url')))
    return true
  }

  #signedAnew(header: string, isWanted: boolean): string {
    if (!isWanted) return header
    return header.replace(
      SIGNED,
      (_, name, id, token) => `${name}${id}.${token}.${this.#signer.sign(`${id}.${token}`)}`,
    )
  }
}
