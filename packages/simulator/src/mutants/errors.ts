/** The code has changed since the mutant was written: its line is gone, or there are two. Name the line that does its work now, in `src/mutants`. */
export class MutantDoesNotApplyError extends Error {
  readonly code = 'SIMULATOR_MUTANT_DOES_NOT_APPLY'
  readonly mutant: string
  readonly file: string

  constructor(mutant: string, file: string, line: string, occurrences: number) {
    const what = occurrences === 0 ? 'is gone' : `occurs ${occurrences} times`
    super(`the mutant '${mutant}' does not apply any more: its line ${what} in ${file}: ${line}`)
    this.name = 'MutantDoesNotApplyError'
    this.mutant = mutant
    this.file = file
  }
}
