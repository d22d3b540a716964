import type { Manager } from '@clowder/ha'
import type { Logger } from '@clowder/tribes'
import type { CookieJar } from '../cookie/cookie-jar.js'
import type { ValveLocks } from '../lock/valve-locks.js'
import type { AttributeAccessors } from '../session/attribute-accessors.js'
import type { ForgeryWatch } from './forgery-watch.js'
import type { JvmRouteBinder } from './jvm-route-binder.js'
import type { ResolvedValveOptions } from './valve-options.js'
import type { ValveStatistics } from './valve-statistics.js'

/** What all requests of one valve share. */
export interface ValveContext {
  readonly manager: Manager
  readonly logger: Logger
  readonly jar: CookieJar
  readonly binder: JvmRouteBinder
  readonly accessors: AttributeAccessors
  readonly statistics: ValveStatistics
  readonly forgeries: ForgeryWatch
  readonly options: ResolvedValveOptions
  readonly locks: ValveLocks
}
