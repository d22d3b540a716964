import type { Spread } from './spread.js'

/** A table whose columns line up in plain text too. */
export function markdownTable(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = heads.map((head, column) => Math.max(head.length, ...rows.map(row => row[column]!.length)))
  const line = (cells: readonly string[]) => `| ${cells.map((cell, i) => cell.padEnd(widths[i]!)).join(' | ')} |`
  return [line(heads), `| ${widths.map(width => '-'.repeat(width)).join(' | ')} |`, ...rows.map(line)].join('\n')
}

/** `12.3 (11.9–13.1)` */
export function spreadText({ median, low, high }: Spread, digits: number): string {
  if (Number.isNaN(median) || median === undefined) return '–'
  return `${numberText(median, digits)} (${numberText(low, digits)}–${numberText(high, digits)})`
}

export function numberText(value: number, digits: number): string {
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}
