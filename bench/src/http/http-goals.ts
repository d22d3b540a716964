import type { Goal } from '../figures/goal.js'
import type { HttpResults } from './http-family.js'
import { HttpRows } from './http-rows.js'
import { requestGoals } from './request-goals.js'
import { trialGoals } from './trial/trial-goals.js'

/** What this family answers of the list of goals, from P5 to P20. */
export function httpGoals({ groups, trials }: Pick<HttpResults, 'groups' | 'trials'>): Goal[] {
  const goals = [...requestGoals(new HttpRows(groups.flatMap(group => group.rows))), ...trialGoals(trials)]
  return goals.sort((a, b) => Number(a.id.slice(1)) - Number(b.id.slice(1)))
}
