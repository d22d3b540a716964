export { CookieSession } from './cookie-session.js'
export type { CookieStore, CookieStoreOptions } from './cookie-store.js'
export { getSession } from './get-session.js'
