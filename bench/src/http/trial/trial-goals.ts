import type { Goal } from '../../figures/goal.js'
import { numberText, spreadText } from '../../figures/markdown.js'
import { spreadOf } from '../../figures/spread.js'
import { sessionTitle } from '../system.js'
import type { HungPeer } from './hung-peer.js'
import type { JoinRun } from './join-run.js'
import type { Trial } from './trial.js'
import type { WireRun } from './wire-run.js'

const WIRE_LIMIT_BYTES = 110
const HUNG_LIMIT_US = 5000
const GONE_LIMIT_MS = 4000
const JOIN_LIMIT_MS = 250

/** P15, P18 and P20. */
export function trialGoals(trials: readonly Trial[]): Goal[] {
  const own = trials.find(({ system }) => system.session === 'clowder-backup')
  const others = trials.filter(({ system }) => system.framework === 'Tomcat')
  const peers = (text: (trial: Trial) => string) =>
    others.map(trial => `Tomcat ${sessionTitle(trial.system)} ${text(trial)}`).join(' · ')
  return [
    ...wireGoals(own, others),
    {
      id: 'P18',
      what: 'a peer hangs: p99 added once that is known',
      measured: own ? addedText(own.hung) : '',
      goal: '≤ 5 ms',
      isMet: own && own.hung.p99MeanwhileUs - own.hung.p99BeforeUs <= HUNG_LIMIT_US,
      peers: peers(({ hung }) => addedText(hung)),
    },
    {
      id: 'P18',
      what: 'a peer hangs: until it is out of the group',
      measured: own ? goneText(own.hung) : '',
      goal: '≤ 4 s',
      isMet: own && (own.hung.goneAfterMs ?? Number.POSITIVE_INFINITY) <= GONE_LIMIT_MS,
      peers: peers(({ hung }) => goneText(hung)),
    },
    {
      id: 'P20',
      what: 'ready with what the others hold (900 sessions)',
      measured: own ? joinsText(own.joins) : '',
      goal: '≤ 250 ms, all of them',
      isMet: own && joinMs(own.joins).median <= JOIN_LIMIT_MS && own.joins.every(isWhole),
      peers: peers(({ joins }) => joinsText(joins)),
    },
  ]
}

function wireGoals(own: Trial | undefined, others: readonly Trial[]): Goal[] {
  const wire = own?.wire ?? []
  return wire.map(run => ({
    id: 'P15',
    what: `bytes over the payload on the wire: ${wireTitle(run)}`,
    measured: `${numberText(overPayload(run), 0)} B`,
    goal: `≤ ${WIRE_LIMIT_BYTES} B`,
    isMet: overPayload(run) <= WIRE_LIMIT_BYTES,
    peers: others
      .flatMap(({ system, wire: its }) =>
        its
          .filter(one => one.work === run.work && one.clients === run.clients)
          .map(one => `Tomcat ${sessionTitle(system)} ${numberText(overPayload(one), 0)} B`),
      )
      .join(' · '),
  }))
}

export function wireTitle({ work, clients }: WireRun): string {
  return `${work === 'new' ? 'new session of 1 KiB' : 'changed attribute of 200 B'}, ${clients} client${clients === 1 ? '' : 's'}`
}

export function overPayload({ bytesPerRequest, payloadBytes }: WireRun): number {
  return bytesPerRequest - payloadBytes
}

function addedText({ p99BeforeUs, p99MeanwhileUs }: HungPeer): string {
  return `${numberText((p99MeanwhileUs - p99BeforeUs) / 1000, 1)} ms`
}

export function goneText({ goneAfterMs }: HungPeer): string {
  return goneAfterMs === undefined ? 'not in 10 s' : `${numberText(goneAfterMs / 1000, 1)} s`
}

export function joinsText(joins: readonly JoinRun[]): string {
  const missing = joins.filter(join => !isWhole(join))
  const sessions = missing.length === 0 ? 'with all' : `${missing.length} of ${joins.length} times with fewer`
  return `${spreadText(joinMs(joins), 0)} ms, ${sessions}`
}

function joinMs(joins: readonly JoinRun[]) {
  return spreadOf(joins.map(({ startMs }) => startMs))
}

function isWhole({ sessions, expected }: JoinRun): boolean {
  return sessions >= expected
}
