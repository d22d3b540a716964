import type { z } from 'zod'
import { type OptionProblem, OptionsError } from '../errors.js'
import type { ClusterSettings } from './cluster-options.js'
import { connectSidContradictions, cookieContradictions, lockContradictions } from './contradictions.js'
import { problemsOf } from './option-problems.js'
import { present } from './present.js'
import { readable } from './unreadable-options.js'
import { valveOptions } from './valve-options.js'

type ValveOptions = NonNullable<z.input<typeof valveOptions>>
type ValveSettings = z.output<typeof valveOptions>

/** What `cluster.express(options)` and its like accept: the options of `valve`, for that mount. */
export type MountOptions = Omit<ValveOptions, 'cookie'> & {
  /** Of an object, what is not given is as in `valve.cookie`, and so it is with `connectSid` and `lock`. A function is `cookieFor`. */
  readonly cookie?: ValveOptions['cookie'] | ValveOptions['cookieFor']
}

/** A mount has the options of the group without its name. */
const GROUP = /\bvalve\.(?=\w)/g
/** What a mount does not have at all. */
const OF_CLUSTER = /\b(?:manager|membership|receiver|sender|users)\.\w/
const MEANT = /^did you mean ([\w.]+)\?$/

/** What a mount has of its own, with what it does not say of a cookie as the cluster has it. Throws OptionsError with all problems at once. */
export function readMountOptions(options: MountOptions, { valve }: ClusterSettings): Partial<ValveSettings> {
  return readable(() => ownSettings(options, valve))
}

function ownSettings(options: MountOptions, valve: ValveSettings): Partial<ValveSettings> {
  const given = isObject(options) ? present(withCookieFor(options)) : options
  const merged = mergedWith(valve, given)
  const parsed = valveOptions.safeParse(merged)
  const wrong = parsed.success
    ? contradictionsIn(parsed.data, valve)
    : problemsOf(parsed.error.issues.map(inValve), { valve: merged })
  if (wrong.length > 0) throw new OptionsError(wrong.map(inMount))
  return Object.fromEntries(Object.entries(parsed.data!).filter(([name]) => Object.hasOwn(given, name)))
}

function contradictionsIn(own: ValveSettings, { lock }: ValveSettings): OptionProblem[] {
  const { lease } = own.lock
  const allowed = `leave it out: all members have one, ${lock.lease}, from the options of createCluster`
  return [
    ...cookieContradictions(own.cookie),
    ...connectSidContradictions(own),
    ...lockContradictions(own),
    ...(lease === lock.lease ? [] : [{ path: 'valve.lock.lease', given: `given ${lease}`, allowed }]),
  ]
}

function inMount({ path, given, allowed }: OptionProblem): OptionProblem {
  const own = path === 'valve' ? 'options' : path.replace(GROUP, '')
  return { path: own, given, allowed: advice(own, allowed).replace(GROUP, '') }
}

function advice(path: string, allowed: string): string {
  if (path === 'valve') return 'a mount has the options of this group themselves'
  const meant = MEANT.exec(allowed)?.[1]
  if (meant === path) return `${path} is an option of createCluster, not of a mount`
  const isElsewhere = meant === undefined ? OF_CLUSTER.test(allowed) : !meant.startsWith('valve.')
  return isElsewhere ? `${allowed} (in the options of createCluster)` : allowed
}

function inValve<T extends z.core.$ZodIssue>(issue: T): T {
  return { ...issue, path: ['valve', ...issue.path] }
}

/** As express-session has it. */
function withCookieFor(options: MountOptions): ValveOptions {
  if (typeof options.cookie !== 'function') return options as ValveOptions
  const { cookie: cookieFor, ...others } = options
  return { ...others, cookieFor }
}

/** What is no object is left for the schema to refuse. */
function mergedWith(valve: ValveSettings, given: unknown): unknown {
  if (!isObject(given)) return given
  const groups = { cookie: valve.cookie, connectSid: valve.connectSid, lock: valve.lock }
  const merged = Object.entries(groups).map(([name, settings]) => {
    const own: unknown = Reflect.get(given, name)
    return [name, own === undefined ? settings : isObject(own) ? { ...settings, ...own } : own]
  })
  return { ...valve, ...given, ...Object.fromEntries(merged) }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
