import type { Logger } from '@clowder/tribes'

const texts = {
  plainSecure:
    "cookie.secure is true, but this request came over plain http and no proxy says otherwise: browsers will not keep its session cookie. Serve over https, or set cookie.secure to 'auto'",
  plainSameSite:
    "cookie.sameSite is 'none', but this answer's session cookie has no Secure, for the request came over plain http, or cookie.secure is false: browsers will not keep it. Serve over https (behind a proxy set valve.trustProxy), or set cookie.sameSite to 'auto', which is 'lax' over plain http",
  untrustedProxy:
    "a proxy says that the client's connection is encrypted and is not trusted, so the session cookie goes out without Secure. Set valve.trustProxy (in Express app.set('trust proxy', …) does as well) if only that proxy can reach this server, or cookie.secure to true",
  foreignSession:
    'another session middleware has given this request its req.session before; this one leaves it alone. Mount one of them',
  otherCluster: 'a request passes the middleware of two clusters; the first one has its session. Mount one of them',
  otherCookie:
    'a request passes two mounts of this middleware whose cookies have different names; the first one has its session. Mount one of them, or give them different paths',
  fixedOptions:
    'a request passes a second mount of this middleware: there acknowledge, whenStale, rolling, saveUninitialized and unset take effect, and its other options do not, for the first mount has the session already',
  lateSession:
    'a session was made after the headers of its answer were sent: no cookie can tell the client of it. Touch req.session before the answer starts',
} as const

/** What is probably a mistake, and is said once instead of with every request. */
export class OneTimeWarnings {
  readonly #logger: Logger
  readonly #said = new Set<string>()

  constructor(logger: Logger) {
    this.#logger = logger
  }

  say(warning: keyof typeof texts, fields: object = {}): void {
    if (this.#said.has(warning)) return
    this.#said.add(warning)
    this.#logger.warn(fields, texts[warning])
  }
}
