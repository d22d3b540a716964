import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { GoldenKind } from './golden-kind.js'
import { portrait } from './portrait.js'

/** One line of a file in `v1/`. */
export interface GoldenLine {
  readonly name: string
  /** Hexadecimal. */
  readonly bytes: string
  /** What it says: see `portrait.ts`. */
  readonly decoded: unknown
}

export function readGolden(kind: string): readonly GoldenLine[] {
  return readFileSync(pathOf(kind), 'utf8')
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as GoldenLine)
}

export function writeGolden(kind: GoldenKind): void {
  writeFileSync(
    pathOf(kind.name),
    linesOf(kind)
      .map(line => `${JSON.stringify(line)}\n`)
      .join(''),
  )
}

/** As today's encoder has it. */
export function linesOf(kind: GoldenKind): GoldenLine[] {
  return kind.samples.map(([name, value]) => {
    const bytes = kind.encode(value)
    return { name, bytes: Buffer.from(bytes).toString('hex'), decoded: portrait(kind.decode(bytes)) }
  })
}

function pathOf(kind: string): string {
  return fileURLToPath(new URL(`v1/${kind}.jsonl`, import.meta.url))
}
