export type { ConnectSidOptions } from './cookie/connect-cookies.js'
export type { CookieOptions, CookiePriority, CookieSettings, SameSite } from './cookie/cookie-options.js'
export type { CookieKey, CookieKeys } from './cookie/cookie-signer.js'
export type { SessionCookie } from './cookie/session-cookie.js'
export * from './errors.js'
export type { LockOptions } from './lock/lock-options.js'
export type { RouteRecord, RouteVerdict, WritingRoutes } from './lock/writing-routes.js'
export type { ExpressSessionStore } from './migration/former-store.js'
export { MigratingManager, type MigrationOptions, type Remaining } from './migration/migrating-manager.js'
export type { MigrationStatistics } from './migration/migration-statistics.js'
export { HttpSession } from './session/http-session.js'
export type { RequestSession, SessionLockOptions } from './session/request-session.js'
// A star, so that an augmentation of 'clowder', which passes this on, reaches the interface itself.
export type * from './session/session-data.js'
export type { SessionVisit } from './session/session-visit.js'
export type { CommitOptions, SessionCallback } from './session/settled.js'
export { SignOnValve, type SignOnValveOptions } from './sign-on/sign-on-valve.js'
export { SessionStore, type SessionStoreOptions } from './store/session-store.js'
export type { StoreCallback } from './store/soon.js'
export type { StoreCookieData } from './store/store-cookie.js'
export type { SessionRecord } from './store/stored-session.js'
export type { StoredSessionsComponents } from './store/stored-sessions.js'
export { JvmRouteBinder } from './valve/jvm-route-binder.js'
export {
  type Middleware,
  type NextFunction,
  ReplicationValve,
  type ReplicationValveComponents,
} from './valve/replication-valve.js'
export type { ReplicationValveOptions } from './valve/valve-options.js'
export { ValveStatistics } from './valve/valve-statistics.js'
