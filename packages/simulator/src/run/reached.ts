import type { HistoryEvent } from '../history/history-event.js'
import type { SchedulePlan } from '../schedule/schedule-plan.js'
import { DerivedClasses } from './derived-classes.js'

/** How often each state of interest (I15) and each class of fault was reached. A name that stands here with 0 in all runs proves nothing. */
export type Reached = Readonly<Record<string, number>>

/** What processes count, and how it is called here. */
const COUNTED: Readonly<Record<string, string>> = {
  'manager.pulls.pulls': 'pullsServed',
  'manager.pulls.timedOut': 'pullsTimedOut',
  'manager.pulls.gaps': 'gapsFound',
  'manager.pulls.forgiven': 'gapsForgiven',
  'manager.acknowledgements.held': 'acknowledgementsHeld',
  'manager.acknowledgements.degraded': 'acknowledgementsDegraded',
  'manager.antiEntropy.statesSent': 'statesExchanged',
  'manager.forgetting.certificates': 'certificatesCollected',
  'manager.forgetting.overCap': 'certificatesOverCap',
  'manager.forgetting.removals': 'removalsForgotten',
  'manager.forgetting.writers': 'writersFolded',
  'manager.handover.handed': 'copiesHandedOver',
  'manager.handover.dropped': 'strayCopiesDropped',
  'manager.expiry.spared': 'expiriesSpared',
  'manager.commits.refused': 'valuesRefused',
  'failureDetector.suspected': 'membersSuspected',
  'failureDetector.refuted': 'suspicionsRefuted',
  'failureDetector.excluded': 'membersExcluded',
  'transport.messagesResent': 'messagesResent',
  'transport.duplicatesDropped': 'duplicatesDropped',
  'transport.messagesRefused': 'messagesRefused',
  'transport.malformed': 'hostileStreamsClosed',
  'multicast.malformed': 'hostileDatagramsCounted',
  'multicast.strangers': 'strangersHeard',
  'valve.nrOfRefusedRequests': 'staleRefused',
  'valve.nrOfStaleAnswers': 'staleFlagged',
  'valve.nrOfRouteRewrites': 'routesRewritten',
}

const SESSION_EVENTS = {
  created: 'sessionsCreated',
  destroyed: 'sessionsDestroyed',
  expired: 'sessionsExpired',
  'id-changed': 'idsChanged',
  conflict: 'conflictsMerged',
} as const

/** Every name, with 0: so that what was never reached is seen. */
export function nothingReached(): Record<string, number> {
  const names = [
    ...Object.values(COUNTED),
    ...Object.values(SESSION_EVENTS),
    ...CLASSES,
    'lostAnswers',
    'parallelRequests',
    'sessionsRefused',
  ]
  return Object.fromEntries(names.map(name => [name, 0]))
}

/** Classes of the catalogue that every search is to meet. */
const CLASSES = [
  ...['F01', 'F02', 'F03', 'F04', 'F05', 'F06', 'F07', 'F08', 'F09', 'F10', 'F11', 'F12', 'F13', 'F14', 'F15'],
  ...['F20', 'F21', 'F22', 'F23', 'F24', 'F25', 'F26', 'F27', 'F28', 'F29', 'F30', 'F31', 'F32', 'F33'],
  ...['F34', 'F35', 'F36', 'F37', 'F38'],
  ...['F40', 'F41', 'F42', 'F43', 'F44', 'F45', 'F46', 'F47', 'F48', 'F49'],
  ...['F50', 'F51', 'F52', 'F53', 'F55', 'F56', 'F57'],
]

export function reachedBy(plan: SchedulePlan, history: readonly HistoryEvent[], figures: Reached): Reached {
  const reached: Record<string, number> = {}
  const add = (name: string, count = 1) => {
    reached[name] = (reached[name] ?? 0) + count
  }
  const open = new Map<number, { readonly client: string }>()
  const cuts = new Set<string>()
  const derived = new DerivedClasses(plan)
  for (const event of history) {
    derived.see(event)
    switch (event.kind) {
      case 'counters':
        for (const [path, name] of Object.entries(COUNTED)) add(name, event.counters[path] ?? 0)
        break
      case 'session':
        if (event.event === 'conflict' || event.isLocal) add(SESSION_EVENTS[event.event])
        break
      case 'fault':
        if (event.isOver) cuts.delete(event.what)
        else {
          add(event.fault)
          if (event.fault === 'F24' || event.fault === 'F23') cuts.add(event.what)
        }
        break
      case 'request':
        if ([...open.values()].some(({ client }) => client === event.client)) add('parallelRequests')
        open.set(event.request, event)
        break
      case 'response':
        open.delete(event.request)
        if (event.outcome === 'lost') add('lostAnswers')
        if (event.outcome === 'refused' && event.error) add('sessionsRefused')
        if (cuts.size > 0 && event.outcome === 'ok' && (event.wrote?.length || event.ended?.length)) add('F25')
        if (cuts.size > 0 && event.ended?.length) add('F51')
        if (event.ended?.length) add('F50', open.size > 0 ? 1 : 0)
        break
      case 'process':
        if (event.what === 'kill' && open.size > 0) add('F02')
        if (event.what === 'start' && event.at > 0) add('F40')
        break
    }
  }
  addKills(plan, add)
  for (const [name, count] of Object.entries(derived.counts)) add(name, count)
  add('F49', reached.parallelRequests ?? 0)
  add('F52', reached.expiriesSpared ?? 0)
  for (const [name, count] of Object.entries(figures)) add(`checked.${name}`, count)
  return reached
}

function addKills({ faults, nodes }: SchedulePlan, add: (name: string) => void): void {
  for (const fault of faults) {
    if (fault.kind !== 'kill') continue
    if (fault.nodes.length === 2) add('F03')
    if (fault.nodes.length === nodes.length) {
      add('F04')
      add('F38')
    }
  }
}
