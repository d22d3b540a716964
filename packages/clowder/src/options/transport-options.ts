import { z } from 'zod'
import { bytes, count, flag, group, milliseconds, oneOf, port } from './option.js'

const host = (text: string) => /^[^\s/[\]]{1,255}$/.test(text)

const address = z.string().refine(host).default('auto').meta({
  description:
    "Host to listen on. 'auto': with a `secret` (or `insecure`) an address of this host that others can reach, IPv4 first; another one when the host has that no longer; without one 127.0.0.1.",
  allowed: "'auto', a host name or an IP address",
})

const advertisedAddress = z.string().refine(host).optional().meta({
  description:
    'Host that the others are told, when it is not the one listened on: behind NAT, in a container, through a tunnel.',
  allowed: 'a host name or an IP address',
})

/** What this member accepts. */
export const receiverOptions = group(
  {
    address,
    advertisedAddress,
    port: port(4000, { min: 0 }, 'First TCP port to try; 0: any free one.'),
    autoBind: count(100, { min: 1, max: 1000 }, 'How many ports are tried, from `port` upwards, while one is taken.'),
    maxFrameBytes: bytes(
      1_048_576,
      { min: 65_536, max: 16_777_216 },
      'Longest frame sent or accepted. The same on all members: whoever sends a longer one loses its connection.',
    ),
    maxHalfOpen: count(
      64,
      { min: 1, max: 10_000 },
      'Connections that have not told who they are, in all; above this the oldest of the address that has most gives way to a new one.',
    ),
    maxHalfOpenPerAddress: count(
      16,
      { min: 1, max: 10_000 },
      'The same of one remote address, with a secret; above this its oldest gives way.',
    ),
    maxJoinsPerSecond: count(
      4,
      { min: 1, max: 10_000, or: -1 },
      'New members that are let in, a second and on the average of a minute: 60 times as many at once. Raise it where more than 240 start together. -1: any number.',
    ),
    maxInFlightBytes: bytes(
      67_108_864,
      { min: 65_536 },
      "Bytes of one member's messages that may be in work; above this nothing more is read from it.",
    ),
    helloTimeout: milliseconds(2000, { min: 100, max: 60_000 }, 'Milliseconds for a connection to tell who it is.'),
    handshakeTimeout: milliseconds(
      5000,
      { min: 100, max: 60_000 },
      'Milliseconds for the TLS handshake that follows its greeting, with a secret.',
    ),
    partialFrameTimeout: milliseconds(
      10_000,
      { min: 100, max: 600_000 },
      'Milliseconds for a frame that has begun to be complete.',
    ),
  },
  'What this member accepts (Tomcat: Receiver, NioReceiver).',
)

/** What this member sends. */
export const senderOptions = group(
  {
    timeout: milliseconds(
      3000,
      { min: 10, max: 600_000 },
      'Milliseconds for a member to acknowledge a message, and for a dial.',
    ),
    maxRetryAttempts: count(1, { max: 100 }, 'How often a message is sent again after its connection broke.'),
    poolSize: count(
      25,
      { min: 1, max: 1000 },
      'How many members are dialled at the same time. One connection per pair of members carries everything.',
    ),
    keepAliveTime: milliseconds(
      -1,
      { or: -1 },
      'Milliseconds after which an unused connection is closed; it is dialled again on demand. -1: never.',
    ),
    keepAliveCount: count(-1, { min: 1, or: -1 }, 'Messages after which it is closed in the same way. -1: never.'),
    maxQueueBytes: bytes(
      16_777_216,
      { min: 65_536 },
      'What may wait for one member; the price is this much memory per member, at worst. A member that falls further behind is repaired later instead.',
    ),
  },
  'What this member sends (Tomcat: Sender, ReplicationTransmitter, PooledParallelSender).',
)

/** How a doubt about a member is settled. */
export const failureDetectorOptions = group(
  {
    connectTimeout: milliseconds(1000, { min: 10, max: 60_000 }, 'Milliseconds for a connection to a member in doubt.'),
    performSendTest: flag(true, 'Whether a failed send is a reason to ask the member.'),
    performReadTest: flag(
      true,
      "Whether the member's event loop must answer, so that a frozen process is found too. Tomcat: false.",
    ),
    readTestTimeout: milliseconds(1000, { min: 10, max: 60_000 }, 'Milliseconds for that answer. Tomcat: 5000.'),
    removeSuspectsTimeout: milliseconds(
      300_000,
      { or: -1 },
      'Milliseconds after which a member that is connected but never answers is given up until it connects again. -1: never.',
    ),
  },
  'How a doubt about a member is settled (Tomcat: TcpFailureDetector).',
)

/** What asynchronous messages may hold in memory. */
export const dispatchOptions = group(
  {
    maxQueueSize: bytes(
      67_108_864,
      { min: 65_536 },
      'Bytes of asynchronous messages sent and not settled, for all members together.',
    ),
    whenFull: oneOf(
      ['wait', 'reject', 'drop'],
      'wait',
      "When it is full: 'wait' holds as much again back, in order; 'reject' fails the message; 'drop' fails it quietly. What was missed is repaired by anti-entropy.",
    ),
  },
  'What asynchronous messages may hold in memory (Tomcat: MessageDispatchInterceptor).',
)

/** The channel's own rhythm. */
export const channelOptions = group(
  {
    heartbeat: flag(true, 'Whether the interceptors are called at intervals.'),
    heartbeatSleeptime: milliseconds(5000, { min: 100, max: 600_000 }, 'Milliseconds between two such calls.'),
  },
  'The rhythm of the channel (Tomcat: Channel, GroupChannel).',
)
