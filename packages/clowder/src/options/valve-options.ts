import type { ReplicationValveOptions } from '@clowder/http'
import { z } from 'zod'
import { connectSidOptions, cookieOptions } from './cookie-options.js'
import { flag, group, isPattern, milliseconds, oneOf } from './option.js'

const filter = z
  .union([z.string().refine(isPattern), z.instanceof(RegExp)])
  .optional()
  .meta({
    description:
      'Requests whose path matches have no session at all. As text it must match the whole path (Tomcat’s way), as a regular expression anything in it.',
    allowed: 'a regular expression, or its source as text',
  })

const acknowledge = z.enum(['async', 'backup', 'all']).optional().meta({
  description: 'What must hold a change before the response leaves, where it is not to be `manager.acknowledge`.',
  allowed: "'async', 'backup' or 'all'",
})

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
      { max: 600_000 },
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
    cookieFor: functionOf<'cookieFor'>(
      'A function `req => settings`, called once when a request makes a session, for those settings of its cookie that are not as in `cookie`. They travel with the session.',
    ),
    connectSid: connectSidOptions,
    saveUninitialized: flag(false, 'Whether a new session in which nothing was stored is kept, and its cookie set.'),
    rolling: flag(false, 'Whether the cookie is set anew with every response, so that `maxAge` begins again.'),
    unset: oneOf(
      ['destroy', 'keep'],
      'destroy',
      "What `req.session = null` does: 'destroy' ends the session, 'keep' lets go of it and of what this request changed.",
    ),
    genid: functionOf<'genid'>(
      'A function `req => id` that makes the ids of sessions: text of 1 to 128 characters, of which others than A-Z a-z 0-9 _ - count three for each byte. Whoever can guess an id cannot use it without the secret, but an id must never repeat. Without it: 24 random bytes.',
    ),
    acknowledge,
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
    statistics: flag(
      false,
      'Whether what was counted is logged once in 100 requests. It is always counted: `cluster.inspect().valve`.',
    ),
    onRefused: functionOf<'onRefused'>(
      'A function `(error, req) => void`, called for each attribute that could not be kept, which is also logged.',
    ),
  },
  'Requests and their sessions (Tomcat: ReplicationValve, JvmRouteBinderValve, SessionCookieConfig).',
)

function functionOf<K extends keyof ReplicationValveOptions>(description: string) {
  return z
    .custom<NonNullable<ReplicationValveOptions[K]>>(value => typeof value === 'function')
    .optional()
    .meta({ description, allowed: 'a function' })
}
