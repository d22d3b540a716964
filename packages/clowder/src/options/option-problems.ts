import type { z } from 'zod'
import type { OptionProblem } from '../errors.js'
import { adviceOn } from './foreign-options.js'
import { type OptionText, optionTexts } from './option-paths.js'
import { mostSimilar, sameNamed } from './similar-names.js'

type Path = readonly PropertyKey[]
type Issue = z.core.$ZodIssue

/** A problem and where it is, so that the rest of the options can still be looked at. */
export interface LocatedProblem extends OptionProblem {
  readonly at: Path
}

/** What the schema found, in the words of the options: one problem per option. */
export function problemsOf(issues: readonly Issue[], given: unknown): LocatedProblem[] {
  const texts = new Map(optionTexts().map(text => [text.path, text]))
  const problems = issues.flatMap(issue =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map(key => unknownOption([...issue.path, key], texts))
      : [wrongValue(issue, given, texts)],
  )
  return [...new Map(problems.map(problem => [problem.path, problem])).values()]
}

/** `membership.members[2]`. */
function pathText(path: Path): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`
    return text === '' ? String(step) : `${text}.${String(step)}`
  }, '')
}

/** How a given value appears in a message; `isSecret`: only its size does. */
function givenText(value: unknown, isSecret = false): string {
  if (isSecret)
    return typeof value === 'string' ? `given a text of ${Buffer.byteLength(value)} bytes` : `given ${kindText(value)}`
  if (typeof value === 'string') return `given ${JSON.stringify(value.length > 60 ? `${value.slice(0, 59)}…` : value)}`
  if (['number', 'boolean', 'bigint'].includes(typeof value)) return `given ${String(value)}`
  return `given ${kindText(value)}`
}

function wrongValue(issue: Issue, given: unknown, texts: ReadonlyMap<string, OptionText>): LocatedProblem {
  const at = innermost(issue)
  const path = pathText(at)
  const option = ownerOf(at, texts)
  const value = at.reduce<unknown>(
    (inside, step) => (inside as Record<PropertyKey, unknown> | undefined)?.[step],
    given,
  )
  const text = givenText(value, at.includes('secret'))
  return { at, path: path || 'options', given: text, allowed: `allowed: ${option?.allowed ?? 'an object of options'}` }
}

/** In a union the alternative that got furthest tells which element is wrong. */
function innermost(issue: Issue): Path {
  if (issue.code !== 'invalid_union') return issue.path
  const inner = issue.errors.flat().map(innermost)
  const deepest = inner.reduce((a, b) => (b.length > a.length ? b : a), [])
  return [...issue.path, ...deepest]
}

/** The option that the path is in: the path itself, or what it is an element of. */
function ownerOf(path: Path, texts: ReadonlyMap<string, OptionText>): OptionText | undefined {
  for (let length = path.length; length > 0; length--) {
    const found = texts.get(path.slice(0, length).join('.'))
    if (found) return found
  }
  return undefined
}

/** The value is not shown: it may be a secret under a misspelt name. */
function unknownOption(at: Path, texts: ReadonlyMap<string, OptionText>): LocatedProblem {
  return { at, path: pathText(at), given: 'there is no such option', allowed: adviceFor(at, [...texts.keys()]) }
}

function adviceFor(at: Path, paths: readonly string[]): string {
  const path = pathText(at)
  const advice = adviceOn(path) ?? adviceOn(String(at.at(-1)))
  if (advice) return advice
  const group = pathText(at.slice(0, -1))
  const siblings = paths.filter(p => p.slice(0, Math.max(0, p.lastIndexOf('.'))) === group)
  const meant =
    sameNamed(path, siblings) ?? sameNamed(path, paths) ?? mostSimilar(path, siblings) ?? mostSimilar(path, paths)
  if (meant) return `did you mean ${meant}?`
  return `the options ${group ? `of ${group}` : 'here'} are ${siblings.map(lastName).join(', ')}`
}

function lastName(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1)
}

function kindText(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (Array.isArray(value)) return `a list of ${value.length}`
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}
