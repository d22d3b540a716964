import type { Goal } from '../figures/goal.js'
import { numberText, spreadText } from '../figures/markdown.js'
import { spreadOf, spreadOfPairs } from '../figures/spread.js'
import type { SystemName } from './systems.js'
import type { TribesResults, TribesRow } from './tribes-family.js'
import { isUsual } from './tribes-report.js'
import type { TribesRun } from './tribes-run.js'

const MANY = 64
const SYNCHRONIZED = 6

/** P1 to P4. */
export function tribesGoals({ rows }: TribesResults): Goal[] {
  const find = (system: SystemName, lanes: number) =>
    rows.find(row => row.system === system && row.lanes === lanes && row.option === SYNCHRONIZED && isUsual(row))
  const [tomcat, tomcatOne] = [find('tomcat', MANY), find('tomcat', 1)]
  const kinds = [
    { system: 'clowder', title: 'plain', cpu: 6, rate: 4 },
    { system: 'tls', title: 'TLS', cpu: 3.75, rate: 2.5 },
  ] as const
  return [
    ...kinds.map(({ system, title, cpu }) =>
      ratioGoal(
        'P1',
        `CPU of a message, Tomcat’s divided by Clowder’s, ${title}`,
        tomcat,
        find(system, MANY),
        cpu,
        run => run.cpuSecondsPer100k,
      ),
    ),
    ...kinds.map(({ system, title, rate }) =>
      ratioGoal(
        'P2',
        `rate, Clowder’s divided by Tomcat’s, ${title}`,
        tomcat,
        find(system, MANY),
        rate,
        run => 1 / run.perSecond,
      ),
    ),
    ...kinds.flatMap(({ system, title }) => latencyGoals(title, find(system, 1), tomcatOne)),
    orderGoal(rows),
  ]
}

function ratioGoal(
  id: string,
  what: string,
  tomcat: TribesRow | undefined,
  clowder: TribesRow | undefined,
  least: number,
  of: (run: TribesRun) => number,
): Goal {
  const ratio = tomcat && clowder && spreadOfPairs(tomcat.runs.map(of), clowder.runs.map(of), (a, b) => a / b)
  return {
    id,
    what: `${what}; acknowledged and delivered, 64 in flight`,
    measured: ratio ? spreadText(ratio, 1) : '–',
    goal: `≥ ${least}`,
    isMet: ratio && ratio.median >= least,
    peers: '1 by definition',
  }
}

function latencyGoals(title: string, clowder: TribesRow | undefined, tomcat: TribesRow | undefined): Goal[] {
  return (['p50Us', 'p99Us'] as const).map(figure => {
    const ours = clowder && spreadOf(clowder.runs.map(run => run.roundTrip[figure]))
    const theirs = tomcat && spreadOf(tomcat.runs.map(run => run.roundTrip[figure]))
    return {
      id: 'P3',
      what: `one message at a time, ${figure.slice(0, 3)}, ${title}`,
      measured: ours ? `${spreadText(ours, 0)} µs` : '–',
      goal: '≤ Tomcat',
      isMet: ours && theirs && ours.median <= theirs.median,
      peers: theirs ? `${spreadText(theirs, 0)} µs` : '–',
    }
  })
}

function orderGoal(rows: readonly TribesRow[]): Goal {
  const wrongOf = (systems: readonly SystemName[]) =>
    rows
      .filter(({ system }) => systems.includes(system))
      .flatMap(({ runs }) => runs)
      .reduce((sum, run) => sum + run.outOfOrder + run.lost + run.failures, 0)
  const ours = wrongOf(['clowder', 'tls'])
  return {
    id: 'P4',
    what: 'messages out of order or lost, all options',
    measured: numberText(ours, 0),
    goal: '0',
    isMet: ours === 0,
    peers: `Tomcat ${numberText(wrongOf(['tomcat']), 0)}`,
  }
}
