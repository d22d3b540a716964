import t from 'tap'
import { ThrottledLog } from '../../src/throttled-log.js'
import type { Connection } from '../../src/transport/connection.js'
import { Link, type LinkComponents } from '../../src/transport/link.js'
import { DEFAULT_TRANSPORT_OPTIONS } from '../../src/transport/transport-options.js'
import { newTransportStats } from '../../src/transport/transport-stats.js'
import { TransportNode, world } from '../support/transport-node.js'

t.test(
  'of a member that says goodbye, or drops us, nothing is remembered of dialling it, whether anybody knew it or not',
  t => {
    const w = world()
    const { member } = new TransportNode('a', w, { idByte: 1 })
    for (const isExpelling of [false, true]) {
      const told: string[] = []
      const noting = (name: string) => () => void told.push(name)
      const components = {
        clock: w.clock,
        stats: newTransportStats(),
        log: new ThrottledLog({ clock: w.clock, logger: console }),
        listener: { memberConnected() {}, memberLeft: noting('left'), memberExpelledUs: noting('expelled') },
        dialler: { wanted() {}, opened() {}, closed() {}, forget: noting('forget') },
        view: () => 0,
      } as unknown as LinkComponents
      const link = new Link(member, components, { ...DEFAULT_TRANSPORT_OPTIONS, clusterName: 'cats' } as never)
      link.attach({ handOver() {}, destroy() {}, bufferedBytes: 0 } as unknown as Connection, member)
      link.frameReceived({ type: 'goodbye', isResting: false, isExpelling })
      t.strictSame(told, ['forget', isExpelling ? 'expelled' : 'left'])
    }
    t.end()
  },
)
