import { z } from 'zod'
import { flag, group, isPattern, milliseconds, oneOf } from './option.js'

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

const cookieOptions = group(
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

const uriPattern = z
  .union([z.string().refine(isPattern), z.instanceof(RegExp)])
  .optional()
  .meta({
    description:
      "With mode 'uriPattern': requests whose path matches take the lock; the path decoded, without method and query. As text it must match the whole path, as a regular expression anything in it.",
    allowed: 'a regular expression, or its source as text',
  })

const lockOptions = group(
  {
    mode: oneOf(
      ['none', 'all', 'auto', 'uriPattern'],
      'none',
      "Which requests have their session to themselves: 'none', except by `req.session.lock()`; 'all' that have a session; 'auto' those whose route writes, as learned; 'uriPattern' those whose path matches.",
    ),
    uriPattern,
    lease: milliseconds(
      3000,
      { min: 100, max: 600_000 },
      'Milliseconds for which a lock is given; renewed while its request runs. A holder that dies keeps others waiting for no longer. The same on all members.',
    ),
    timeout: milliseconds(
      5000,
      { min: 0, max: 600_000 },
      'Milliseconds that a request waits for the lock. Longer than `lease`, a member that dies makes requests wait; shorter, some of them end without the lock.',
    ),
    whenTimedOut: oneOf(
      ['refuse', 'readOnly', 'open'],
      'refuse',
      "What then: 'refuse' with 503, go on with a session whose changes are refused ('readOnly'), or go on as if without locks ('open').",
    ),
  },
  'Session locks: one request of a session at a time, in the whole cluster (docs/recipes/locks.md).',
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
    lock: lockOptions,
    trustProxy: flag(
      false,
      'Whether `X-Forwarded-Proto` tells that the request came over https. Express and its like have a setting of their own, which counts too.',
    ),
  },
  'Requests and their sessions (Tomcat: ReplicationValve, JvmRouteBinderValve, SessionCookieConfig).',
)
