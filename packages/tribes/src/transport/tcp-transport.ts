import type { Member } from '../member.js'
import type { Clock } from '../ports/clock.js'
import type { Logger } from '../ports/logger.js'
import type { Network } from '../ports/network.js'
import type { Random } from '../ports/random.js'
import { ThrottledLog } from '../throttled-log.js'
import type { TransportListener } from './channel-sender.js'
import type { Dialler } from './link.js'
import { LinkTable } from './link-table.js'
import { DEFAULT_NIO_RECEIVER_OPTIONS, NioReceiver, type NioReceiverOptions } from './nio-receiver.js'
import { PooledParallelSender } from './pooled-parallel-sender.js'
import { ReplicationTransmitter } from './replication-transmitter.js'
import { DEFAULT_TRANSPORT_OPTIONS, type TransportOptions } from './transport-options.js'
import { newTransportStats, type TransportStats } from './transport-stats.js'

export interface TcpTransportComponents {
  readonly network: Network
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly listener: TransportListener
  /** This member as others are to know it. Undefined until the receiver's address is known: who dials us before that is told to come again. */
  localMember(): Member | undefined
  /** 32 bits that are the same for the same members: they go along with every PING and PONG. @default always 0 */
  view?(): number
}

export type TcpTransportOptions = Partial<TransportOptions> &
  Pick<TransportOptions, 'clusterName'> & { readonly receiver?: Partial<NioReceiverOptions> }

export interface TcpTransport {
  readonly receiver: NioReceiver
  readonly sender: ReplicationTransmitter
  readonly stats: Readonly<TransportStats>
}

/**
 * Both halves over one table of links. Start the receiver, make the local member from the address that it answers, then start the sender; stop in reverse:
 *
 *     ReplicationTransmitter ──▶ LinkTable ──▶ Link ◀── Acceptance ◀── NioReceiver
 *       └─ PooledParallelSender ── Dial ───────▶ │
 *                                           Connection ── Stream
 */
export function tcpTransport(components: TcpTransportComponents, given: TcpTransportOptions): TcpTransport {
  const options: TransportOptions = { ...DEFAULT_TRANSPORT_OPTIONS, ...given }
  const stats = newTransportStats()
  const view = () => components.view?.() ?? 0
  const shared = { ...components, stats, view, log: new ThrottledLog(components) }
  const dialler: Dialler = {
    wanted: link => pool.wanted(link),
    opened: link => pool.opened(link),
    closed: link => pool.closed(link),
    forget: (link, reason) => pool.forget(link, reason),
  }
  const links = new LinkTable({ ...shared, dialler }, options)
  const pool = new PooledParallelSender({ ...shared, links, localMember: () => links.local }, options)
  const { helloTimeoutMs } = options
  const receiver = new NioReceiver(
    { ...shared, links },
    { ...DEFAULT_NIO_RECEIVER_OPTIONS, helloTimeoutMs, ...given.receiver },
  )
  return { receiver, sender: new ReplicationTransmitter({ ...shared, links, sender: pool }, options), stats }
}
