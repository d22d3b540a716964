import { setImmediate as soon } from 'node:timers/promises'
import type { DeltaManager, SessionEvents } from '@clowder/ha'
import { EventEmitter } from 'eventemitter3'
import t from 'tap'
import { ClusterEventHub } from '../src/cluster/cluster-events.js'

type Conflict = Parameters<SessionEvents['conflict']>[0]

/** A hub whose manager has not started, and what has been heard of conflicts. */
function joining() {
  const events = new EventEmitter<SessionEvents>()
  const warnings: string[] = []
  const say = () => {}
  const logger = { debug: say, info: say, warn: (_: object, text: string) => void warnings.push(text), error: say }
  const channel = { addMembershipListener: () => {} } as never
  const hub = new ClusterEventHub({ channel, manager: { events } as DeltaManager, logger })
  const bytes = { kept: 'kept', dropped: 'dropped' }
  const conflict = (id: string) =>
    events.emit('conflict', { id, name: 'cart', local: false, kept: () => bytes.kept, dropped: () => bytes.dropped })
  const heard: unknown[] = []
  const listener = ({ id, name, local, kept, dropped }: Conflict) => heard.push([id, name, local, kept(), dropped()])
  return { hub, warnings, bytes, conflict, heard, listen: () => hub.on('conflict', listener) }
}

t.test('who listens as soon as it has its cluster hears of the conflicts that were found while it joined', async t => {
  const { hub, bytes, conflict, heard, listen } = joining()
  conflict('early')
  bytes.kept = bytes.dropped = 'something else'
  hub.handedOver()
  listen()
  t.strictSame(heard, [], 'not before it has gone on')
  conflict('late')
  await soon()
  const early = ['early', 'cart', false, 'kept', 'dropped']
  t.strictSame(heard, [['late', 'cart', false, 'something else', 'something else'], early])
  conflict('later')
  await soon()
  t.equal(heard.length, 3, 'each once')
})

t.test('of a thousand at most, and the log tells of the others', async t => {
  const { hub, warnings, conflict, heard, listen } = joining()
  for (let i = 0; i < 1_002; i++) conflict(`${i}`)
  hub.handedOver()
  listen()
  await soon()
  t.equal(heard.length, 1_000)
  t.match(warnings, [/^2 conflicts between writes of other members were found while this one joined/])
})

t.test('nobody need listen', async t => {
  const { hub, conflict, heard } = joining()
  conflict('early')
  hub.handedOver()
  await soon()
  t.strictSame(heard, [])
})
