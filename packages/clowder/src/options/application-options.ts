import { z } from 'zod'
import { COOKIE_NAMES, cookieDomain, cookieName, cookieOptions } from './cookie-options.js'
import { optionalGroup } from './option.js'

/** Further applications in this process. */
export const applicationOptions = z
  .record(
    z.string().refine(name => /^[A-Za-z0-9_-]{1,64}$/.test(name)),
    z.strictObject({ cookie: cookieOptions }),
  )
  .default({})
  .meta({
    description:
      "Further applications in this process, by name, each with sessions and a cookie of its own: `{ admin: { cookie: { name: 'admin.sid', path: '/admin' } } }`, then `cluster.application('admin').express()`. All else they have from `manager` and `valve`. Sessions of one application are on the members that have it.",
    allowed: 'an object: a name of letters, digits, _ and - each, with an object that has a cookie',
  })

/** One login for all applications. */
export const signOnOptions = optionalGroup(
  {
    cookieName: cookieName.optional().meta({
      description: "The cookie's name. Without it: CLOWDERSSO (Tomcat: JSESSIONIDSSO).",
      allowed: COOKIE_NAMES,
    }),
    cookieDomain: cookieDomain.optional().meta({
      description: 'Domain of the applications, when they are on several hosts of it.',
      allowed: 'a domain name',
    }),
  },
  'Logs in once for all applications of the cluster, and out of all of them (Tomcat: ClusterSingleSignOn). The same on all members.',
)
