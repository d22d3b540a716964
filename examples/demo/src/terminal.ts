import type { WriteStream } from 'node:tty'
import { COATS } from './coat.js'
import type { Journal, JournalEntry } from './journal.js'

/** Writes the journal to a terminal, each node in its colour; without colours where they are not wanted (NO_COLOR, a pipe). */
export function showJournal(journal: Journal, output: NodeJS.WriteStream): void {
  const paint = output.isTTY && (output as WriteStream).hasColors() ? coloured : plain
  journal.on('entry', entry => output.write(`${paint(entry)}\n`))
}

function plain({ at, node, level, text }: JournalEntry): string {
  const mark = level === 'info' ? '' : level === 'action' ? '» ' : `${level}: `
  return `${new Date(at).toISOString().slice(11, 23)} ${node.padEnd(7)} ${mark}${text}`
}

function coloured(entry: JournalEntry): string {
  const ansi = COATS.find(({ name }) => name === entry.node)?.ansi ?? 7
  const weight = entry.level === 'action' ? '1;' : ''
  return `\u001b[${weight}38;5;${ansi}m${plain(entry)}\u001b[0m`
}
