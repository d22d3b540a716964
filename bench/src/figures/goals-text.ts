import type { Goal } from './goal.js'
import { markdownTable } from './markdown.js'

export function goalsText(goals: readonly Goal[]): string {
  return [
    '### Goals',
    '',
    'Clowder with `backup` under TLS; medians, in parentheses the lowest and the highest round; whether a goal is met is judged by the median.',
    '',
    markdownTable(
      ['', 'work', 'measured', 'goal', 'met', 'peers in the same run'],
      goals.map(({ id, what, measured, goal, isMet, peers }) => [id, what, measured, goal, metText(isMet), peers]),
    ),
  ].join('\n')
}

function metText(isMet: boolean | undefined): string {
  if (isMet === undefined) return 'not measured'
  return isMet ? 'yes' : '**no**'
}
