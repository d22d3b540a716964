import type { ReplicationValveOptions } from '@clowder/http'
import { z } from 'zod'
import { connectSidOptions, cookieOptions } from './cookie-options.js'
import { flag, group, isPattern, oneOf } from './option.js'

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
      'A function `req => id` that makes the ids of sessions, 1 to 128 of the characters A-Z a-z 0-9 _ -. Whoever can guess an id cannot use it without the secret, but an id must never repeat. Without it: 24 random bytes.',
    ),
    acknowledge,
    whenStale: oneOf(
      ['serve', 'refuse'],
      'serve',
      "When no member has what this client has already seen: 'serve' the older copy, marked and counted, or 'refuse' with 503.",
    ),
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
