import type { Suspicion } from '../channel-interceptor.js'
import type { Member } from '../member.js'
import { LocalHealth } from '../membership/local-health.js'
import { Membership } from '../membership/membership.js'
import type { MembershipService } from '../membership/membership-service.js'
import type { Address } from '../ports/network.js'
import type { DialTimeouts, TransportListener } from '../transport/channel-sender.js'
import { newUniqueId, type UniqueId, uniqueIdText } from '../unique-id.js'
import { AddressBook } from './address-book.js'
import { AnnouncedMembers } from './announced-members.js'
import type { ChannelCoordinatorComponents, ChannelCoordinatorOptions, Transport } from './coordinator-components.js'
import { DepartedMembers } from './departed-members.js'
import { Gossip } from './gossip.js'
import { MissingMembers } from './missing-members.js'
import { SilenceWatch } from './silence-watch.js'
import { StartedParts } from './started-parts.js'
import { WaitingMembers } from './waiting-members.js'

const DEPARTED_RETENTION_MS = 60_000
/** Long enough for a second attempt of the kernel's, so that a link healed meanwhile is found. */
const LOOKING_FOR: DialTimeouts = { connectTimeoutMs: 1500, helloTimeoutMs: 2000 }
/** It has just said that it is there; if it is, it will say so again. */
const FOLLOWING_UP: DialTimeouts = { connectTimeoutMs: 1000, helloTimeoutMs: 1000 }

/** All that exists between one start of a ChannelCoordinator and the next stop. */
export interface ChannelRun extends Transport {
  readonly uniqueId: UniqueId
  readonly startedMs: number
  readonly membership: Membership
  readonly health: LocalHealth
  readonly departed: DepartedMembers
  readonly addresses: AddressBook
  readonly announced: AnnouncedMembers
  readonly missing: MissingMembers
  readonly waiting: WaitingMembers
  readonly gossip: Gossip
  readonly silence: SilenceWatch
  readonly services: MembershipService[]
  readonly parts: StartedParts
  /** Undefined until the receiver is bound. */
  local: Member | undefined
  isStopping: boolean
}

/** Whom the parts of a run report to. */
export interface RunOwner extends TransportListener {
  readonly localMember: Member | undefined
  localMemberNow(): Member | undefined
  askQuiet(member: Member): Promise<void>
  suspect(member: Member, suspicion: Suspicion): void
  /** Some time has passed. */
  ticked(nowMs: number): void
  twinFound(twin: Address): void
}

/** Wires the parts of one run; nothing is started. */
export function newChannelRun(
  components: ChannelCoordinatorComponents,
  options: ChannelCoordinatorOptions,
  owner: RunOwner,
): ChannelRun {
  const { clock, random, logger } = components
  const { frequency: frequencyMs = 500, dropTime: dropTimeMs = 3000, clusterName } = options
  const uniqueId = newUniqueId(random)
  const membership = new Membership({ localId: uniqueIdText(uniqueId), dropTimeMs, frequencyMs })
  const transport = components.transport({
    listener: owner,
    clusterName,
    localMember: () => owner.localMemberNow(),
    view: () => membership.digest,
  })
  const health = new LocalHealth({ frequencyMs })
  const departed = new DepartedMembers({ retentionMs: DEPARTED_RETENTION_MS })
  const search = newSearch(components, owner, membership, transport)
  const announced = newAnnounced(components, membership, transport, dropTimeMs)
  const gossip = newGossip(components, owner, { membership, departed, transport, missing: search.missing })
  const watched = { membership, health, transport, gossip, missing: search.missing, frequencyMs }
  const silence = newSilenceWatch(components, owner, watched)
  const parts = new StartedParts({ logger })
  const startedMs = clock.now()
  const found = { departed, announced, waiting: new WaitingMembers(), ...search }
  const run = { uniqueId, startedMs, membership, health, ...found, gossip, silence, parts, services: [] }
  const { sender, receiver } = transport
  return { sender, receiver, ...run, local: undefined, isStopping: false }
}

export function memberAt(membership: Membership, { host, port }: Address): Member | undefined {
  return membership.members().find(member => member.host === host && member.port === port)
}

function newSearch(
  { logger, random }: ChannelCoordinatorComponents,
  owner: RunOwner,
  membership: Membership,
  { sender }: Transport,
) {
  const isPresent = (id: string) => id === owner.localMember?.id || membership.get(id) !== undefined
  const addresses = new AddressBook({
    logger,
    isPresent,
    dial: address => sender.dial(address, LOOKING_FOR),
    isPresentAt: address => memberAt(membership, address) !== undefined,
  })
  return { addresses, missing: new MissingMembers({ random, isPresent, dial: address => addresses.found(address) }) }
}

/** Whoever is connected already, and not on the list, is asked: its answer brings it there. */
function newAnnounced(
  { logger }: ChannelCoordinatorComponents,
  membership: Membership,
  { sender }: Transport,
  dropTimeMs: number,
): AnnouncedMembers {
  const dial = async (address: Address) => {
    const found = await sender.dial(address, FOLLOWING_UP)
    if (!membership.get(found.id)) sender.poke(found)
    return found
  }
  return new AnnouncedMembers({ logger, dial }, { dropTimeMs })
}

type GossipParts = Pick<ChannelRun, 'membership' | 'departed' | 'missing'> & { readonly transport: Transport }

function newGossip(components: ChannelCoordinatorComponents, owner: RunOwner, parts: GossipParts): Gossip {
  const { membership, departed, missing, transport } = parts
  return new Gossip({
    clock: components.clock,
    membership,
    missing,
    tell: (to, frame) => transport.sender.tell(to, frame),
    localMember: () => owner.localMember,
    hasLeft: id => departed.has(id),
    twinFound: twin => owner.twinFound(twin),
  })
}

type WatchParts = Pick<ChannelRun, 'membership' | 'health' | 'gossip' | 'missing'> & {
  readonly transport: Transport
  readonly frequencyMs: number
}

function newSilenceWatch(components: ChannelCoordinatorComponents, owner: RunOwner, parts: WatchParts): SilenceWatch {
  const { membership, health, gossip, missing, transport } = parts
  const watch = {
    ...components,
    membership,
    health,
    poke: (member: Member) => transport.sender.poke(member),
    ask: (member: Member) => owner.askQuiet(member),
    suspect: (member: Member, suspicion: Suspicion) => {
      if (suspicion === 'silent') gossip.doubt(member)
      owner.suspect(member, suspicion)
    },
    tick: (nowMs: number) => {
      missing.tick(nowMs)
      owner.ticked(nowMs)
    },
  }
  return new SilenceWatch(watch, { frequencyMs: parts.frequencyMs })
}
