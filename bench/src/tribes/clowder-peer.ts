/*
 * One of some processes that run Clowder's group channel over real sockets, with the interceptors and the options of the defaults.
 * Run as `clowder-peer.js MULTICAST_PORT OTHERS [SECRET]`, ready when it sees so many others; with a secret its connections are TLS.
 */
import { Keyring, nodeClock, nodeNetwork, nodeRandom, SecretCredentials, secureNetwork } from '@clowder/node'
import {
  ChannelCoordinator,
  type DeliveryGuarantee,
  GroupChannel,
  McastService,
  MessageDispatchInterceptor,
  type Network,
  silentLogger,
  TcpFailureDetector,
  tcpTransport,
} from '@clowder/tribes'
import { serveLines } from '../process/line-commands.js'
import { Arrivals } from './arrivals.js'
import type { SendOption } from './lanes.js'
import { peerCommands } from './peer-commands.js'

const CLUSTER_NAME = 'bench'
const [multicastPort, others, secret] = process.argv.slice(2)
const network = secret ? networkWith(secret) : nodeNetwork
const ports = { clock: nodeClock, network, random: nodeRandom, logger: silentLogger }
const GUARANTEES: Record<SendOption, DeliveryGuarantee> = { 8: 'asynchronous', 2: 'use-ack', 6: 'synchronized-ack' }
/** Nothing of Clowder keeps a process open; until commands are read, this does. */
const READY_TIMEOUT_MS = 15_000

function networkWith(secret: string): Network {
  const credentials = new SecretCredentials(new Keyring(CLUSTER_NAME, [secret]))
  const { joinMulticast } = nodeNetwork
  return secureNetwork({ credentials, logger: silentLogger, joinMulticast }, { clusterName: CLUSTER_NAME })
}

function newChannel(multicastPort: number): GroupChannel {
  const coordinator = new ChannelCoordinator(
    {
      ...ports,
      transport: context =>
        tcpTransport(
          { ...ports, listener: context.listener, localMember: context.localMember },
          { clusterName: context.clusterName, receiver: { address: '127.0.0.1', port: 0 } },
        ),
      membershipServices: [
        ({ listener, clusterName }) =>
          new McastService({ ...ports, listener }, { clusterName, port: multicastPort, bind: '127.0.0.1' }),
      ],
    },
    { clusterName: CLUSTER_NAME },
  )
  const interceptors = [new MessageDispatchInterceptor(), new TcpFailureDetector(ports)]
  return new GroupChannel({ ...ports, coordinator }, { interceptors })
}

const arrivals = new Arrivals()
const channel = newChannel(Number(multicastPort))
const allSeen = new Promise<void>(resolve => {
  const memberAdded = () => {
    if (channel.members().length >= Number(others)) resolve()
  }
  channel.addMembershipListener({ memberAdded, memberDisappeared() {} })
})
channel.addChannelListener({ accept: () => true, messageReceived: ({ body }) => arrivals.add(body) })
const tooLate = setTimeout(() => process.exit(1), READY_TIMEOUT_MS)
await channel.start()
await allSeen
clearTimeout(tooLate)
await serveLines(
  {},
  peerCommands((body, option, settled) => {
    channel.post(
      channel.members(),
      body,
      { guarantee: GUARANTEES[option] },
      { settled: d => settled(d.faulty.length === 0) },
    )
  }, arrivals),
)
