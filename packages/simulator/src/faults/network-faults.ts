import type { Clock } from '@clowder/tribes'
import type { SimulatedCluster } from '../cluster/simulated-cluster.js'
import type { Physics } from '../physics.js'
import type { SimNetwork } from '../sim-network.js'
import type { ActionOf, EndFault, FaultHands } from './fault-hands.js'
import type { LinkHarm, LinkLedger } from './link-ledger.js'
import type { DirectedLink } from './planned-fault.js'

type NetworkFault =
  | 'partition'
  | 'one-way'
  | 'flap'
  | 'clog'
  | 'deaf'
  | 'half-open'
  | 'reset'
  | 'send-error'
  | 'interface-down'
  | 'new-address'
  | 'bad-network'

export interface NetworkFaultsComponents {
  readonly clock: Clock
  readonly network: SimNetwork
  readonly cluster: SimulatedCluster
  readonly ledger: LinkLedger
  /** What the network is like when nothing in particular ails it. */
  readonly physics: Physics
}

/** What befalls links and sockets. */
export function networkFaults(components: NetworkFaultsComponents): FaultHands<NetworkFault> {
  const { network, ledger, cluster } = components
  const host = (name: string) => cluster.node(name).process?.host
  const addressOf = (name: string) => cluster.node(name).address
  return {
    partition: ({ links }) => harmed(ledger, links, 'cut'),
    'one-way': ({ links }) => harmed(ledger, links, 'cut'),
    deaf: ({ links }) => harmed(ledger, links, 'deaf'),
    flap: action => flapped(components, action),
    clog: (action, forMs) => clogged(components, action, forMs),
    'half-open': ({ nodes }) => {
      const others = cluster.nodes.filter(node => !nodes.includes(node.name))
      for (const name of nodes) for (const other of others) network.silence(addressOf(name), other.address)
      return () => {}
    },
    reset: action => reset(components, action),
    'send-error': ({ nodes, code }) => {
      const hosts = nodes.flatMap(name => host(name) ?? [])
      for (const host of hosts) host.datagramFault = code
      return () => {
        for (const host of hosts) host.datagramFault = undefined
      }
    },
    'interface-down': ({ nodes }) => {
      for (const name of nodes) network.interfaceDown(addressOf(name))
      return () => {
        for (const name of nodes) network.interfaceUp(addressOf(name))
      }
    },
    'new-address': ({ nodes, addresses }) => {
      for (const name of nodes) network.interfaceDown(addressOf(name))
      return () => {
        for (const [i, name] of nodes.entries()) cluster.node(name).move(addresses[i]!)
      }
    },
    'bad-network': ({ physics }) => {
      network.change(physics)
      return () => network.change(components.physics)
    },
  }
}

function harmed(ledger: LinkLedger, links: readonly DirectedLink[], harm: LinkHarm): EndFault {
  for (const link of links) ledger.harm(link, harm)
  return () => {
    for (const link of links) ledger.relieve(link, harm)
  }
}

function flapped({ clock, ledger }: NetworkFaultsComponents, { links, periodMs }: ActionOf<'flap'>): EndFault {
  let end: EndFault | undefined
  let isOver = false
  const turn = () => {
    if (isOver) return
    if (end) end()
    end = end ? undefined : harmed(ledger, links, 'cut')
    clock.setTimer(periodMs, turn)
  }
  turn()
  return () => {
    isOver = true
    end?.()
  }
}

/** One link stops after the other in the first half, and one after the other goes on in the second. */
function clogged(
  { clock, ledger }: NetworkFaultsComponents,
  { links, unclog }: ActionOf<'clog'>,
  forMs: number,
): EndFault {
  const stepMs = forMs / 2 / links.length
  const clogged = new Set<DirectedLink>()
  let isOver = false
  const free = (link: DirectedLink) => clogged.delete(link) && ledger.relieve(link, 'clogged')
  for (const [i, link] of links.entries())
    clock.setTimer(i * stepMs, () => {
      if (isOver) return
      clogged.add(link)
      ledger.harm(link, 'clogged')
    })
  for (const [i, name] of unclog.entries())
    clock.setTimer(forMs / 2 + i * stepMs, () => void free(links.find(l => l[0] === name[0] && l[1] === name[1])!))
  return () => {
    isOver = true
    for (const link of [...clogged]) free(link)
  }
}

/** Connections that are open now break in mid-frame, and so does each that is opened meanwhile. */
function reset({ network, cluster }: NetworkFaultsComponents, { links, afterBytes }: ActionOf<'reset'>): EndFault {
  const addressOf = (name: string) => cluster.node(name).address
  for (const [from, to] of links) {
    network.resetAfterBytes(addressOf(from), addressOf(to), afterBytes)
    network.changeLink(addressOf(from), addressOf(to), { resetAfterBytes: { min: 1, max: 2 * afterBytes } })
  }
  return () => {
    for (const [from, to] of links) {
      network.resetAfterBytes(addressOf(from), addressOf(to), Number.POSITIVE_INFINITY)
      network.changeLink(addressOf(from), addressOf(to), { resetAfterBytes: undefined })
    }
  }
}
