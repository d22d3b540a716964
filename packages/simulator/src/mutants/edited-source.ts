import { MutantDoesNotApplyError } from './errors.js'
import type { Edit } from './mutant.js'

/**
 * The source with one line replaced. Throws MutantDoesNotApplyError when the line is not there exactly once: the code has moved on and the mutant has not, and
 * what it would show then is nothing.
 */
export function editedSource(source: string, edit: Edit, mutant: string): string {
  const lines = source.split('\n')
  const at = placeOf(lines, edit, mutant)
  lines[at] = edit.becomes
  return lines.join('\n')
}

function placeOf(lines: readonly string[], edit: Edit, mutant: string): number {
  const from = edit.after === undefined ? 0 : onlyPlaceOf(lines, edit.after, edit, mutant) + 1
  if (edit.after === undefined) return onlyPlaceOf(lines, edit.line, edit, mutant)
  const at = lines.findIndex((line, i) => i >= from && bare(line) === bare(edit.line))
  if (at < 0) throw new MutantDoesNotApplyError(mutant, edit.file, edit.line, 0)
  return at
}

function onlyPlaceOf(lines: readonly string[], wanted: string, edit: Edit, mutant: string): number {
  const places = lines.flatMap((line, i) => (bare(line) === bare(wanted) ? [i] : []))
  if (places.length !== 1) throw new MutantDoesNotApplyError(mutant, edit.file, wanted, places.length)
  return places[0]!
}

function bare(line: string): string {
  return line.trim().replace(/;$/, '')
}
