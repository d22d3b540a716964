export type { CookieOptions, CookieSettings, SameSite } from './cookie/cookie-options.js'
export type { SessionCookie } from './cookie/session-cookie.js'
export * from './errors.js'
export type { LockOptions } from './lock/lock-options.js'
export type { RouteRecord, WritingRoutes } from './lock/writing-routes.js'
export type { RequestSession, SessionLockOptions } from './session/request-session.js'
// A star, so that an augmentation of 'clowder', which passes this on, reaches the interface itself.
export type * from './session/session-data.js'
export type { SessionCallback } from './session/settled.js'
export { JvmRouteBinder } from './valve/jvm-route-binder.js'
export {
  type Middleware,
  type NextFunction,
  ReplicationValve,
  type ReplicationValveComponents,
} from './valve/replication-valve.js'
export type { ReplicationValveOptions } from './valve/valve-options.js'
export { ValveStatistics } from './valve/valve-statistics.js'
