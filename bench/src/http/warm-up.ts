import type { LineProcess } from '../process/line-process.js'
import { CROWD, type HttpCase, type Work } from './http-case.js'
import type { HttpEffort } from './http-effort.js'
import { type HttpTarget, loadPlan } from './http-run.js'
import type { LoadFigures } from './load-plan.js'

const SECONDS_PER_TURN = 0.4
/** Half of it as what is measured most. */
const WORKS: readonly Work[] = ['write', 'read', 'write', 'never']

/** What had to be measured without it, as a share of the requests that were due. */
const MAX_LEFT = 0.2

/** By requests rather than by time, because it is calls that make code hot, and to all nodes alike: a cold second node costs twice as much. Resolves with a
 * sentence when there was too little time. */
export async function warmUp(load: LineProcess, target: HttpTarget, effort: HttpEffort): Promise<string | undefined> {
  const { nodes } = target.running.system
  const endsAt = Date.now() + effort.warmUpSeconds * 1000
  let left = effort.warmUpRequests * nodes
  for (let turn = 0; left > 0 && Date.now() < endsAt; turn++) {
    const work = WORKS[turn % WORKS.length]!
    const one: HttpCase = { arrangement: 'robin', work, clients: CROWD, isHalfLoad: false }
    await load.ask(`prepare ${JSON.stringify(loadPlan(target, one, { seconds: SECONDS_PER_TURN }))}`)
    left -= (await load.ask<LoadFigures>(`go ${SECONDS_PER_TURN}`)).requests
    await load.ask('close')
  }
  const due = effort.warmUpRequests * nodes
  return left > due * MAX_LEFT ? `a full warm-up: only ${due - left} of ${due} requests in time` : undefined
}
