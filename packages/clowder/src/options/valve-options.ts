import { z } from 'zod'
import { flag, group, isPattern, oneOf } from './option.js'

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/

const name = z
  .string()
  .refine(value => TOKEN.test(value))
  .default('clowder.sid')
  .meta({
    description: "The cookie's name. With the prefix `__Host-` browsers refuse it from any other host.",
    allowed: "letters, digits and !#$%&'*+-.^_`|~, at most 128",
  })

const path = z
  .string()
  .refine(value => /^\/[\x20-\x3a\x3c-\x7e]{0,1023}$/.test(value))
  .default('/')
  .meta({
    description: 'Path that the cookie is sent to, with all below.',
    allowed: 'a path that begins with / and has no ;',
  })

const domain = z
  .string()
  .refine(value => /^\.?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$/.test(value))
  .optional()
  .meta({
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

const maxAge = z.int().positive().optional().meta({
  description:
    'Milliseconds that the browser keeps the cookie, and that the session may be idle. Without it: until the browser is closed, and `manager.maxInactiveInterval`.',
  allowed: 'milliseconds, a whole number from 1',
})

const filter = z
  .union([z.string().refine(isPattern), z.instanceof(RegExp)])
  .optional()
  .meta({
    description:
      'Requests whose path matches have no session at all. As text it must match the whole path (Tomcat’s way), as a regular expression anything in it.',
    allowed: 'a regular expression, or its source as text',
  })

export const cookieOptions = group(
  {
    name,
    path,
    domain,
    httpOnly: flag(true, 'Whether scripts in the page are kept from reading the cookie.'),
    secure,
    sameSite: oneOf(
      ['lax', 'strict', 'none'],
      'lax',
      "When another site's page may cause the cookie to be sent; 'none' needs `secure`.",
    ),
    maxAge,
  },
  'The session cookie.',
)

/** Requests and their sessions. */
export const valveOptions = group(
  {
    filter,
    cookie: cookieOptions,
    saveUninitialized: flag(false, 'Whether a new session in which nothing was stored is kept, and its cookie set.'),
    rolling: flag(false, 'Whether the cookie is set anew with every response, so that `maxAge` begins again.'),
    whenStale: oneOf(
      ['serve', 'refuse'],
      'serve',
      "When no member has what this client has already seen: 'serve' the older copy, marked and counted, or 'refuse' with 503.",
    ),
    trustProxy: flag(
      false,
      'Whether `X-Forwarded-Proto` tells that the request came over https. Express and its like have a setting of their own, which counts too.',
    ),
  },
  'Requests and their sessions (Tomcat: ReplicationValve, JvmRouteBinderValve, SessionCookieConfig).',
)
