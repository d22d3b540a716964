import type { Manager } from '@clowder/ha'
import type { Logger } from '@clowder/tribes'
import type { ConnectCookies } from '../cookie/connect-cookies.js'
import type { CookieJar } from '../cookie/cookie-jar.js'
import type { ValveLocks } from '../lock/valve-locks.js'
import type { AttributeAccessors } from '../session/attribute-accessors.js'
import type { SignOnValve } from '../sign-on/sign-on-valve.js'
import type { ForgeryWatch } from './forgery-watch.js'
import type { JvmRouteBinder } from './jvm-route-binder.js'
import type { OneTimeWarnings } from './one-time-warnings.js'
import type { RequestPolicy } from './request-policy.js'
import type { ResolvedValveOptions } from './valve-options.js'
import type { ValveStatistics } from './valve-statistics.js'

/** What all requests of one valve share. */
export interface ValveContext {
  readonly manager: Manager
  readonly logger: Logger
  readonly jar: CookieJar
  /** Absent where cookies of express-session are of no interest. */
  readonly connect: ConnectCookies | undefined
  readonly binder: JvmRouteBinder
  readonly accessors: AttributeAccessors
  readonly statistics: ValveStatistics
  readonly forgeries: ForgeryWatch
  readonly warnings: OneTimeWarnings
  /** Told when a request comes, when its session is found, and when its handler looks at that for the first time; absent: nobody is. */
  readonly signOn: Pick<SignOnValve, 'arriving' | 'found' | 'opened'> | undefined
  readonly options: ResolvedValveOptions
  readonly locks: ValveLocks
  /** What this valve was told in so many words, instead of taking it from another. */
  readonly own: {
    readonly policy: Partial<RequestPolicy>
    /** There are others than a policy among them. */
    readonly hasFixed: boolean
  }
}
