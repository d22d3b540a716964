declare module 'connect-memcached' {
  import type { Store } from 'express-session'

  export interface MemcachedStoreOptions {
    readonly hosts: string
  }

  /** Makes the class from express-session's. */
  export default function connectMemcached(session: unknown): new (options: MemcachedStoreOptions) => Store
}
