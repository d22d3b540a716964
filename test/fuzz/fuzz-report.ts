import type { FuzzResult } from './fuzzer.js'

const MOST_GROWTH_BYTES = 64 * 1024 * 1024
const MEBIBYTE = 1024 * 1024
const MOST_SHOWN = 20

export function isGood({ findings, growthBytes = 0 }: FuzzResult): boolean {
  return findings.length === 0 && growthBytes <= MOST_GROWTH_BYTES
}

/** A table for people, what was found with the bytes that do it, and one line of JSON. */
export function reportOf(results: readonly FuzzResult[], seed: number): string {
  const head = ['target', 'inputs', 'taken', 'inputs/CPU s', 'corpus', 'covered', 'growth MiB', 'findings']
  const rows = results.map(r => [
    r.target,
    String(r.inputs),
    `${((100 * r.taken) / Math.max(1, r.inputs)).toFixed(1)} %`,
    String(Math.round(r.inputsPerCpuSecond)),
    String(r.corpus),
    String(r.covered),
    r.growthBytes === undefined ? '–' : (r.growthBytes / MEBIBYTE).toFixed(1),
    String(r.findings.length),
  ])
  const notes = results
    .filter(r => r.notes !== '')
    .map(r => `${r.target}: memory ${evenly(r.memoryMiB).join(' ')} MiB; ${r.notes}`)
  return [...tableOf([head, ...rows]), ...notes, ...results.flatMap(findingsOf), jsonOf(results, seed)].join('\n')
}

/** At most so many of them that a line holds them. */
function evenly(values: readonly number[]): readonly number[] {
  const step = Math.ceil(values.length / MOST_SHOWN)
  return values.filter((_, i) => i % step === 0 || i === values.length - 1)
}

function tableOf(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map(row => row[column]!.length)))
  return rows.map(row =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  '),
  )
}

function findingsOf({ findings }: FuzzResult): string[] {
  return findings.map(({ message, bytes, cause }) => {
    const stack = cause instanceof Error ? `\n${cause.stack}` : ''
    return `FOUND ${message}\n  bytes ${Buffer.from(bytes).toString('hex')}${stack}`
  })
}

function jsonOf(results: readonly FuzzResult[], seed: number): string {
  const targets = results.map(({ findings, ...figures }) => ({ ...figures, findings: findings.map(f => f.message) }))
  return JSON.stringify({ seed, isGood: results.every(isGood), targets })
}
