import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

interface CorpusLine {
  /** Hexadecimal. */
  readonly bytes: string
  /** What was wrong with it once; absent: it only reached what others did not. */
  readonly found?: string
}

/** What earlier runs have kept for a target: inputs that reached new code, and everything that was ever found. */
export function readCorpus(target: string): Uint8Array[] {
  const path = pathOf(target)
  if (!existsSync(path)) return []
  const lines = readFileSync(path, 'utf8')
    .split('\n')
    .filter(line => line !== '')
  return lines.map(line => Buffer.from((JSON.parse(line) as CorpusLine).bytes, 'hex'))
}

export function keepInCorpus(target: string, bytes: Uint8Array, found?: string): void {
  const line: CorpusLine = { bytes: Buffer.from(bytes).toString('hex'), ...(found !== undefined && { found }) }
  appendFileSync(pathOf(target), `${JSON.stringify(line)}\n`)
}

function pathOf(target: string): string {
  return fileURLToPath(new URL(`corpus/${target}.jsonl`, import.meta.url))
}
