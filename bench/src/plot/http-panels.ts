import { spreadOf } from '../figures/spread.js'
import type { HttpRow } from '../http/group-run.js'
import type { Arrangement } from '../http/http-case.js'
import { CROWD } from '../http/http-case.js'
import type { HttpResults } from '../http/http-family.js'
import { isClowder, sessionTitle } from '../http/system.js'
import type { Panel } from './panel.js'

const ARRANGEMENTS: Record<Arrangement, string> = {
  one: 'one node loaded',
  robin: 'round robin',
  nginx: 'round robin of nginx',
}

/** What a request that changes its session costs on all nodes, framework by framework. */
export function httpPanels({ groups }: HttpResults): Panel[] {
  const rows = groups
    .flatMap(group => group.rows)
    .filter(row => row.work === 'write' && row.clients === CROWD && row.system.nodes === 2 && !row.isHalfLoad)
  const frameworks = [...new Set(rows.map(row => row.system.framework))]
  return frameworks.flatMap(framework =>
    (['one', 'robin', 'nginx'] as const).map(arrangement => ({
      title: `${framework}: CPU of a request that changes 200 bytes, ${ARRANGEMENTS[arrangement]}`,
      unit: 'µs, all nodes',
      bars: rows.filter(row => row.system.framework === framework && row.arrangement === arrangement).map(barOf),
    })),
  )
}

function barOf({ system, runs }: HttpRow) {
  const kind = system.session === 'none' ? 'floor' : isClowder(system.session) ? 'clowder' : 'peer'
  return { label: sessionTitle(system), kind, spread: spreadOf(runs.map(run => run.cpuUsPerRequest)) } as const
}
