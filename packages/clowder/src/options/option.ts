import { z } from 'zod'

/**
 * The kinds of option. Each carries what people read: `description` (meaning, unit, price), `allowed` (one phrase, used in errors and in
 * docs/configuration.md) and its default, so that page, errors and behaviour cannot disagree.
 */

interface Range {
  readonly min: number
  readonly max: number
  /** One more value with a meaning of its own, e.g. -1. */
  readonly or?: number
}

/** Timers of Node count to 2^31 ms. */
const LONGEST_MS = 2_000_000_000
const TEN_YEARS_SECONDS = 315_360_000

export function milliseconds(byDefault: number, range: Partial<Range>, description: string) {
  return wholeNumber('milliseconds', byDefault, { min: 1, max: LONGEST_MS, ...range }, description)
}

export function seconds(byDefault: number, range: Partial<Range>, description: string) {
  return wholeNumber('seconds', byDefault, { min: 0, max: TEN_YEARS_SECONDS, ...range }, description)
}

export function bytes(byDefault: number, range: Partial<Range>, description: string) {
  return wholeNumber('bytes', byDefault, { min: 1, max: 2 ** 31, ...range }, description)
}

export function count(byDefault: number, range: Partial<Range>, description: string) {
  return wholeNumber('a count', byDefault, { min: 0, max: 2 ** 31, ...range }, description)
}

export function port(byDefault: number, range: Partial<Range>, description: string) {
  return wholeNumber('a port', byDefault, { min: 1, max: 65_535, ...range }, description)
}

export function flag(byDefault: boolean, description: string) {
  return z.boolean().default(byDefault).meta({ description, allowed: 'true or false' })
}

export function oneOf<const T extends string>(
  values: readonly [T, ...T[]],
  byDefault: NoInfer<T>,
  description: string,
) {
  return z
    .enum(values)
    .default(byDefault)
    .meta({ description, allowed: listed(values.map(quoted)) })
}

/** Text with an upper limit in bytes of UTF-8. */
export function text(maxBytes: number, description: string) {
  const allowed = `text of 1 to ${maxBytes} bytes`
  return z.string().refine(fits(maxBytes)).optional().meta({ description, allowed })
}

export function textOr(byDefault: string, maxBytes: number, description: string) {
  const allowed = `text of 1 to ${maxBytes} bytes`
  return z.string().refine(fits(maxBytes)).default(byDefault).meta({ description, allowed })
}

/** A pattern that must match the whole text, as in Tomcat. */
export function pattern(description: string) {
  return z
    .union([z.string().refine(isPattern), z.instanceof(RegExp)])
    .transform(wholeMatch)
    .optional()
    .meta({ description, allowed: 'a regular expression, or its source as text; it must match the whole text' })
}

/** A group of options that are all optional, and so is the group. */
export function group<T extends z.core.$ZodLooseShape>(
  shape: T,
  description: string,
  allowed = 'an object of options',
) {
  return z
    .strictObject(shape)
    .prefault({} as never)
    .meta({ description, allowed })
}

/** A group whose mere presence switches something on, be it empty. */
export function optionalGroup<T extends z.core.$ZodLooseShape>(shape: T, description: string) {
  return z.strictObject(shape).optional().meta({ description, allowed: 'an object of options, {} for the defaults' })
}

export function aFunction<F extends (...args: never[]) => unknown>(description: string) {
  return z
    .custom<F>(value => typeof value === 'function')
    .optional()
    .meta({ description, allowed: 'a function' })
}

function quoted(value: string): string {
  return `'${value}'`
}

function wholeNumber(unit: string, byDefault: number, { min, max, or }: Range, description: string) {
  const allowed = `${unit}, a whole number from ${min} to ${max}${or === undefined ? '' : `, or ${or}`}`
  const inRange = (n: number) => n === or || (Number.isInteger(n) && n >= min && n <= max)
  return z.number().refine(inRange).default(byDefault).meta({ description, allowed })
}

function fits(maxBytes: number): (value: string) => boolean {
  return value => value.length > 0 && Buffer.byteLength(value) <= maxBytes
}

export function isPattern(source: string): boolean {
  try {
    new RegExp(source)
    return true
  } catch {
    return false
  }
}

/** Without `g` and `y`, which would make a pattern remember its last match. */
function wholeMatch(given: string | RegExp): RegExp {
  if (typeof given === 'string') return new RegExp(`^(?:${given})$`)
  return new RegExp(`^(?:${given.source})$`, given.flags.replace(/[gy]/g, ''))
}

function listed(values: readonly string[]): string {
  return `${values.slice(0, -1).join(', ')} or ${values.at(-1)}`
}
