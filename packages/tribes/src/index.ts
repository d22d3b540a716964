export * from './channel-interceptor.js'
export * from './channel-message.js'
export * from './delivery.js'
export * from './domain-name.js'
export { nameOfEncryption } from './encryption-name.js'
export * from './errors.js'
export { ChannelCoordinator, type CoordinatorStats } from './group/channel-coordinator.js'
export {
  ChannelStoppedError,
  IncarnationChangedError,
  MemberGoneError,
  NoDestinationError,
  OptionFlagClashError,
} from './group/channel-errors.js'
export type * from './group/channel-listener.js'
export type * from './group/coordinator-components.js'
export * from './group/group-channel.js'
export type { StackBottom } from './group/interceptor-stack.js'
export type { Reply, ReplyMode } from './group/rpc-call.js'
export * from './group/rpc-channel.js'
export { RPC_BYTE } from './group/rpc-envelope.js'
export { MemberSilentError } from './interceptors/failure-detector-errors.js'
export { MessageDroppedError, QueueFullError } from './interceptors/message-dispatch-errors.js'
export * from './interceptors/message-dispatch-interceptor.js'
export * from './interceptors/tcp-failure-detector.js'
export * from './member.js'
export { BadMemberAddressError, CannotJoinGroupError, MembershipOptionError } from './membership/errors.js'
export {
  type Liveness,
  livenessOf,
  type SignsOfLife,
  type SilenceTimeouts,
  silenceTimeouts,
} from './membership/liveness.js'
export type { McastOptions } from './membership/mcast-options.js'
export { McastService, type McastServiceComponents, type McastStats } from './membership/mcast-service.js'
export { parseMemberAddress } from './membership/member-address.js'
export { type Heard, Membership, type MembershipOptions, type SilenceReport } from './membership/membership.js'
export type * from './membership/membership-service.js'
export * from './membership/static-membership-service.js'
export { alignedDelayMs } from './ports/aligned-delay.js'
export type * from './ports/clock.js'
export * from './ports/logger.js'
export type * from './ports/network.js'
export type * from './ports/random.js'
export { ThrottledLog } from './throttled-log.js'
export type * from './transport/channel-sender.js'
export * from './transport/errors.js'
export { DEFAULT_NIO_RECEIVER_OPTIONS, NioReceiver, type NioReceiverOptions } from './transport/nio-receiver.js'
export { isNamed } from './transport/peer-names.js'
export { PooledParallelSender } from './transport/pooled-parallel-sender.js'
export { ReplicationTransmitter } from './transport/replication-transmitter.js'
export * from './transport/tcp-transport.js'
export { DEFAULT_TRANSPORT_OPTIONS, type TransportOptions } from './transport/transport-options.js'
export type { TransportStats } from './transport/transport-stats.js'
export * from './unique-id.js'
export { ByteReader } from './wire/byte-reader.js'
export { ByteWriter } from './wire/byte-writer.js'
export {
  type Datagram,
  decodeDatagram,
  encodeDatagram,
  MAX_CLUSTER_NAME_BYTES,
  MAX_DATAGRAM_BYTES,
} from './wire/datagram.js'
export {
  type GroupFrame,
  HIGHEST_PROTOCOL,
  LOWEST_PROTOCOL,
  type MemberAddress,
  type RefusalReason,
} from './wire/frame.js'
