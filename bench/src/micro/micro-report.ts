import { markdownTable, spreadText } from '../figures/markdown.js'
import { spreadOf } from '../figures/spread.js'
import type { MicroResults } from './micro-family.js'

export function microReport({ rows }: MicroResults): string {
  return [
    '## Single operations',
    '',
    'CPU time in one process that does nothing else; medians, in parentheses the lowest and the highest round. Loops: the same in rounds of a fixed loop over texts, objects and',
    'numbers that has nothing of Clowder in it, measured just before: this is the figure to compare with that of another day or machine. Requests: without a network, Node’s own',
    'response included.',
    '',
    markdownTable(
      ['operation', 'ns', 'loops'],
      rows.map(({ title, nanoseconds, loops }) => [
        title,
        spreadText(spreadOf(nanoseconds), 0),
        spreadText(spreadOf(loops), 3),
      ]),
    ),
  ].join('\n')
}
