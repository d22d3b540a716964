import type { Verdict } from './verdict.js'

const OUTCOMES = { survived: 'SURVIVED', void: 'NO VERDICT' } as const

/** One row for people. */
export function rowOf({ mutant, result, skipped, tookMs }: Verdict): string {
  const isKilled = result.kind === 'killed'
  const cells = [
    mutant.name.padEnd(30),
    (isKilled ? result.by.join(' ') : OUTCOMES[result.kind]).padEnd(16),
    `${result.seeds}`.padStart(6),
    (isKilled ? `${result.seed}` : '-').padStart(7),
    `${(tookMs / 1000).toFixed(1)} s`.padStart(8),
  ]
  const notes = [mutant.breaks]
  if (isKilled && !isExpected({ mutant, result })) notes.push(`(expected: ${mutant.expected.join(' ')})`)
  if (result.kind === 'void') notes.push(`(${result.why})`)
  if (skipped.length > 0) notes.push(`(skipped, no better without it: ${skipped.join(' ')})`)
  return `${cells.join('  ')}  ${notes.join(' ')}`
}

export const tableHead = `${'mutant'.padEnd(30)}  ${'killed by'.padEnd(16)}  ${' seeds'}  ${'   seed'}  ${'    took'}  what it plants`

/** One line for machines. */
export function summaryOf(verdicts: readonly Verdict[]) {
  const survivors = verdicts.filter(v => v.result.kind === 'survived').map(v => v.mutant.name)
  const voids = verdicts.filter(v => v.result.kind === 'void').map(v => v.mutant.name)
  const killed = verdicts.flatMap(({ mutant, result }) =>
    result.kind === 'killed' ? [[mutant.name, { by: result.by, seed: result.seed, seeds: result.seeds }] as const] : [],
  )
  return { mutants: verdicts.length, killed: killed.length, survivors, void: voids, kills: Object.fromEntries(killed) }
}

function isExpected({ mutant, result }: Pick<Verdict, 'mutant' | 'result'>): boolean {
  return result.kind === 'killed' && result.by.some(invariant => mutant.expected.includes(invariant))
}
