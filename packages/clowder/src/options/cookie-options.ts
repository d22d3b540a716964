import { z } from 'zod'
import { flag, group } from './option.js'

/** Of any cookie. */
export const cookieName = z.string().refine(value => /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/.test(value))
export const COOKIE_NAMES = "letters, digits and !#$%&'*+-.^_`|~, at most 128"

const name = cookieName.default('clowder.sid').meta({
  description:
    "The cookie's name. With the prefix `__Host-` browsers refuse it from any other host, and it is always secure.",
  allowed: COOKIE_NAMES,
})

const path = z
  .string()
  .refine(value => /^\/[\x20-\x3a\x3c-\x7e]{0,1023}$/.test(value))
  .default('/')
  .meta({
    description: 'Path that the cookie is sent to, with all below.',
    allowed: 'a path that begins with / and has no ;',
  })

/** Of any cookie. */
export const cookieDomain = z.string().refine(value => /^\.?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$/.test(value))

const domain = cookieDomain.optional().meta({
  description: 'Domain that the cookie is sent to, with its subdomains. Without it: only the host that set it.',
  allowed: 'a domain name',
})

const secure = z
  .union([z.boolean(), z.literal('auto')])
  .default('auto')
  .meta({
    description: "Whether the cookie is sent over https only. 'auto': yes when the request came over https.",
    allowed: "true, false or 'auto'",
  })

const sameSite = z
  .union([z.enum(['lax', 'strict', 'none', 'auto']), z.boolean()])
  .default('lax')
  .meta({
    description:
      "When another site's page may cause the cookie to be sent; 'none' needs `secure`. 'auto': 'none' where the cookie is secure, else 'lax'. True: 'strict'; false: as the browser likes.",
    allowed: "'lax', 'strict', 'none', 'auto', true or false",
  })

/** Ten thousand years: the end of such a lifetime is still a Date. */
const MAX_AGE_MS = 315_360_000_000_000

const maxAge = z
  .int()
  .positive()
  .max(MAX_AGE_MS)
  .nullish()
  .meta({
    description:
      'Milliseconds that the browser keeps the cookie, and that the session may be idle. Without it, or null: until the browser is closed, and `manager.maxInactiveInterval`.',
    allowed: `milliseconds, a whole number from 1 to ${MAX_AGE_MS}, or null`,
  })

const priority = z.enum(['low', 'medium', 'high']).optional().meta({
  description: 'Which cookies a browser drops last when it has too many of this site.',
  allowed: "'low', 'medium' or 'high'",
})

/** The session cookie. */
export const cookieOptions = group(
  {
    name,
    path,
    domain,
    httpOnly: flag(true, 'Whether scripts in the page are kept from reading the cookie.'),
    secure,
    sameSite,
    maxAge,
    partitioned: flag(
      false,
      'Whether a page that is embedded in several sites has a cookie in each (CHIPS). Needs `secure`, and is left out where the cookie is not.',
    ),
    priority,
  },
  'The session cookie. What differs from session to session is for `valve.cookieFor`.',
  'an object of options; a function is for valve.cookieFor, and may stand here in the options of a mount',
)

const oneSecret = z.union([z.string().min(1), z.instanceof(Uint8Array).refine(bytes => bytes.length > 0)])

const secret = z
  .union([oneSecret, z.array(oneSecret).min(1)])
  .optional()
  .meta({
    description:
      'The `secret` of express-session; of several the first signs and all are accepted. Without it its cookies are not looked at.',
    allowed: 'text or bytes, or a list of such',
  })

const connectName = cookieName
  .default('connect.sid')
  .meta({ description: 'The `name` of express-session.', allowed: COOKIE_NAMES })

/** Cookies of express-session. */
export const connectSidOptions = group(
  {
    secret,
    name: connectName,
    write: flag(
      false,
      'Whether its cookie is set too, beside our own, so that an application that is still on express-session, or goes back to it, finds the same session.',
    ),
  },
  'Cookies of express-session: who comes with one keeps the session of that id.',
)
