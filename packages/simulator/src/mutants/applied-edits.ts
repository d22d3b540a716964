import { readFileSync } from 'node:fs'
import { builtFile } from './built-file.js'
import { editedSource } from './edited-source.js'
import type { Mutant } from './mutant.js'

/** The built files that a mutant changes, as it changes them. Throws MutantDoesNotApplyError. */
export function appliedEdits({ name, edits }: Mutant): Map<string, string> {
  const sources = new Map<string, string>()
  for (const edit of edits) {
    const source = sources.get(edit.file) ?? readFileSync(builtFile(edit.file), 'utf8')
    sources.set(edit.file, editedSource(source, edit, name))
  }
  return sources
}
