import { InsecureAddressError, type OptionProblem, OptionsError } from '../errors.js'
import { type ClusterOptions, type ClusterSettings, clusterOptions } from './cluster-options.js'
import { contradictionsIn } from './contradictions.js'
import { boundToLoopback, exposedAddresses } from './loopback.js'
import { type LocatedProblem, problemsOf } from './option-problems.js'
import { readable } from './unreadable-options.js'

export type Environment = Readonly<Record<string, string | undefined>>

/**
 * The options with every default in its place. Throws OptionsError (`CLOWDER_BAD_OPTIONS`) with all problems at once, or InsecureAddressError
 * (`CLOWDER_INSECURE_ADDRESS`) when the only problems are addresses that would expose the cluster.
 */
export function readOptions(options: ClusterOptions = {}, environment: Environment = {}): ClusterSettings {
  return readable(() => settingsOf(options, environment))
}

function settingsOf(options: ClusterOptions, environment: Environment): ClusterSettings {
  const given = withEnvironment(options, environment)
  const parsed = clusterOptions.safeParse(given)
  const wrong = parsed.success ? [] : problemsOf(parsed.error.issues, given)
  const settings = parsed.success ? parsed.data : settingsWithout(wrong, given)
  const contradictions = settings ? contradictionsIn(settings).filter(({ path }) => !isAmong(wrong, path)) : []
  const exposed = settings ? exposedAddresses(settings) : []
  if (wrong.length + contradictions.length > 0)
    throw new OptionsError([
      ...wrong.map(shown).map(given === options ? asGiven : asInEnvironment),
      ...contradictions,
      ...exposed,
    ])
  if (exposed.length > 0) throw new InsecureAddressError(exposed)
  return boundToLoopback(settings!)
}

function withEnvironment(options: ClusterOptions, { CLOWDER_SECRET }: Environment): unknown {
  if (!CLOWDER_SECRET || typeof options !== 'object' || options === null || options.secret !== undefined) return options
  return { ...options, secret: CLOWDER_SECRET.split(',') }
}

/** What would hold if the wrong options had been left out: shows what else is wrong. */
function settingsWithout(wrong: readonly LocatedProblem[], given: unknown): ClusterSettings | undefined {
  const rest = wrong.reduce((options, { at }) => without(options, at.slice(0, depthOfOption(at))), given)
  const parsed = clusterOptions.safeParse(rest)
  return parsed.success ? parsed.data : undefined
}

/** An element of a list takes the whole list with it. */
function depthOfOption(at: readonly PropertyKey[]): number {
  const index = at.findIndex(step => typeof step === 'number')
  return index === -1 ? at.length : index
}

function without(value: unknown, [step, ...rest]: readonly PropertyKey[]): unknown {
  if (step === undefined || typeof value !== 'object' || value === null) return undefined
  const { [step]: inner, ...others } = value as Record<PropertyKey, unknown>
  return rest.length === 0 ? others : { ...others, [step]: without(inner, rest) }
}

function isAmong(problems: readonly LocatedProblem[], path: string): boolean {
  return problems.some(problem => path === problem.path || path.startsWith(`${problem.path}.`))
}

function asGiven(problem: OptionProblem): OptionProblem {
  return problem
}

/** Whoever has set the variable knows of no option. */
function asInEnvironment(problem: OptionProblem): OptionProblem {
  const [, index] = /^secret(?:\[(\d+)\])?$/.exec(problem.path) ?? []
  const isSecret = problem.path === 'secret' || index !== undefined
  const which = Number(index ?? 0) > 0 ? ` (secret ${Number(index) + 1}, behind a comma)` : ''
  return isSecret ? { ...problem, path: `CLOWDER_SECRET${which}` } : problem
}

function shown({ path, given, allowed }: LocatedProblem): OptionProblem {
  return { path, given, allowed }
}
