import { createHash } from 'node:crypto'
import {
  type ClusterChannel,
  type DeltaManager,
  LocalChannel,
  type Manager,
  SimpleTcpCluster,
  type SingleSignOn,
} from '@clowder/ha'
import {
  type CookieKeys,
  MigratingManager,
  ReplicationValve,
  type ReplicationValveComponents,
  SignOnValve,
} from '@clowder/http'
import { Keyring, plainNetwork } from '@clowder/node'
import type { Logger } from '@clowder/tribes'
import { Application } from './cluster/application.js'
import { Cluster, type ClusterComponents } from './cluster/cluster.js'
import { clusterManagers } from './cluster/cluster-managers.js'
import { clusterNameOf } from './cluster/cluster-name.js'
import { securedNetwork, securityOf } from './cluster/cluster-network.js'
import { type ClusterPorts, nodePorts } from './cluster/cluster-ports.js'
import { warnOfOwnCertificate } from './cluster/own-certificate.js'
import { RouteExchange } from './cluster/route-exchange.js'
import { TribesChannel } from './cluster/tribes-channel.js'
import { LONE_SECRET_ADVICE, SECRET_ADVICE } from './errors.js'
import { AwaitedMembers } from './keyring/awaited-members.js'
import { ClusterKeyring } from './keyring/cluster-keyring.js'
import { RingExchange } from './keyring/ring-exchange.js'
import { clusterLogger } from './log/cluster-logger.js'
import { sessionLabel } from './log/session-label.js'
import type { ClusterOptions, ClusterSettings } from './options/cluster-options.js'
import { acceptedHosts } from './options/loopback.js'
import { present } from './options/present.js'
import { type Environment, readOptions } from './options/read-options.js'
import { ValueCodec } from './value-codec.js'

/**
 * Starts this instance and resolves when it holds the sessions of the members that it found. Rejects with OptionsError (`CLOWDER_BAD_OPTIONS`,
 * `CLOWDER_INSECURE_ADDRESS`) before anything is started, else with the reason why it could not start (`TRIBES_NO_FREE_PORT`, …), and then nothing is
 * left running. Nothing of it keeps the process open. `components` replace the real clock, chance, network or logger; a network that
 * is given is used as it is, and is as secure as it is.
 */
export async function createCluster(
  options: ClusterOptions = {},
  components: Partial<ClusterPorts> = {},
): Promise<Cluster> {
  const settings = readOptions(options, process.env)
  const keyring = settings.secret && new Keyring(clusterNameOf(settings), settings.secret)
  const given = portsFor(settings, components)
  warnOfExposure(settings, given.logger, process.env)
  const secured = components.network ? undefined : securedNetwork(settings, { ...given, keyring })
  const network =
    components.network ?? secured ?? plainNetwork(given, present({ acceptsHost: acceptedHosts(settings) }))
  const isPrivate = !settings.insecure || components.network !== undefined
  const inspectSecurity = secured && (() => secured.inspect())
  const parts = assemble({ ...given, network, keyring, isPrivate }, settings)
  const security = components.network ? 'as secure as the network it was given' : securityOf(settings)
  const cluster = new Cluster({ ...parts, ...present({ inspectSecurity }), security }, settings)
  await cluster.start()
  if (secured) warnOfOwnCertificate(cluster.localMember(), settings, given.logger)
  return cluster
}

interface Materials extends ClusterPorts {
  readonly keyring: Keyring | undefined
  /** Whether nobody but members hears what they tell each other: a network that is given is as private as it is. */
  readonly isPrivate: boolean
}

type AssembledComponents = Omit<ClusterComponents, 'security'>

interface ChannelMaterials extends Materials {
  readonly channel: ClusterChannel
  renewConnections(): void
}

function assemble(materials: Materials, settings: ClusterSettings): AssembledComponents {
  if (!settings.distributable) {
    const channel = new LocalChannel(materials, { name: memberNameOf(settings) })
    return withManager({ ...materials, channel, renewConnections() {} }, settings)
  }
  const tribes = new TribesChannel(materials, settings)
  const renewConnections = () => tribes.renewConnections()
  const rest = withManager({ ...materials, channel: tribes.channel, renewConnections }, settings)
  return { ...rest, inspectChannel: () => tribes.inspect() }
}

function withManager(materials: ChannelMaterials, settings: ClusterSettings): AssembledComponents {
  const { logger, channel, keyring } = materials
  const { name, membership, distributable, valve } = settings
  const managers = clusterManagers(
    { ...materials, codec: new ValueCodec(), sessionLabel: sessionLabel(keyring) },
    settings,
  )
  const { manager, shared, users } = managers
  const cookies = cookieKeys(settings, keyring)
  const signOn = managers.signOn && newSignOn(managers.signOn, settings, cookies)
  const valveFor = (manager: Manager, own: Partial<ClusterSettings['valve']> = {}) =>
    newValve({ logger, manager, signOn }, { ...settings, valve: { ...valve, ...own } }, cookies)
  const tellRoutes = ({ routes }: ReplicationValve, application: string) =>
    void (distributable && new RouteExchange({ channel, routes, logger }, application))
  const applications = Array.from(managers.applications, ([name, own]) => {
    // The one cookie of express-session is the main application's.
    const connectSid = { ...valve.connectSid, secret: undefined }
    const ownValve = valveFor(own, { ...settings.applications[name], connectSid })
    tellRoutes(ownValve, name)
    return new Application(name, own, ownValve)
  })
  const discoveryTime = distributable ? membership.discoveryTime : 0
  const cluster = new SimpleTcpCluster({ ...materials, managers: managers.all }, { name, discoveryTime })
  const migration = newMigration(manager, logger, settings)
  const valveOf = valveFor(migration ?? manager)
  tellRoutes(valveOf, '')
  const asked = present({ shared, users, signOn, migration, keyring: newKeyring(materials, manager) })
  return { logger, channel, manager, managers: managers.all, ...asked, applications, cluster, valve: valveOf }
}

function newKeyring(materials: ChannelMaterials, manager: DeltaManager): ClusterKeyring | undefined {
  const { keyring, isPrivate } = materials
  if (!keyring || !isPrivate) return undefined
  const components = { ...materials, keyring, manager }
  const exchange = new RingExchange(components)
  return new ClusterKeyring({ ...components, exchange, awaited: new AwaitedMembers(components) })
}

function newMigration(manager: DeltaManager, logger: Logger, { migration, valve }: ClusterSettings) {
  if (!migration) return undefined
  const { store, ...options } = migration
  return new MigratingManager({ manager, store, logger }, options, valve.cookie)
}

function newValve(
  components: ReplicationValveComponents,
  { valve, jvmRoute }: ClusterSettings,
  secrets: CookieKeys,
): ReplicationValve {
  return new ReplicationValve(components, { ...valve, jvmRoute, secrets })
}

function newSignOn(signOn: SingleSignOn, { valve, singleSignOn }: ClusterSettings, secrets: CookieKeys): SignOnValve {
  return new SignOnValve({ signOn }, { ...singleSignOn, trustProxy: valve.trustProxy, secrets })
}

/** Without a secret all members still agree on a key, and so does everybody who guesses the cluster's name. */
function cookieKeys(settings: ClusterSettings, keyring: Keyring | undefined): CookieKeys {
  const name = clusterNameOf(settings)
  const guessable = () => createHash('sha256').update(`clowder without a secret: ${name}`).digest('base64url')
  return keyring ?? new Keyring(name, [guessable()])
}

function portsFor(settings: ClusterSettings, components: Partial<ClusterPorts>): ClusterPorts {
  const { jvmRoute, name } = settings
  const label = () => (jvmRoute === undefined ? name : `${name}[${jvmRoute}]`)
  const ports = { ...nodePorts, ...components }
  const wallTime = () => ports.clock.wallTime()
  const logger = () => clusterLogger({ environment: process.env, stream: process.stderr, wallTime, label }, settings)
  return { ...ports, logger: components.logger ?? logger() }
}

function memberNameOf({ jvmRoute, name }: ClusterSettings): string {
  return jvmRoute ?? name
}

function warnOfExposure(settings: ClusterSettings, logger: Logger, environment: Environment): void {
  const { distributable, insecure, secret, tls, name } = settings
  if (insecure && distributable)
    logger.warn(
      {},
      'insecure: true! Members are NOT authenticated and sessions travel unencrypted: whoever reaches the cluster port can read and change every session. Only for a network in which everybody is trusted.',
    )
  if (secret) return
  const none = environment.CLOWDER_SECRET === '' ? 'No secret (CLOWDER_SECRET is empty)' : 'No secret'
  const only = distributable && !insecure && !tls ? ' only members on this host can join, and' : ''
  const advice = distributable ? SECRET_ADVICE : LONE_SECRET_ADVICE
  const text = `${none}:${only} session cookies are signed with a key that follows from the name of the cluster [${name}], which anybody can guess. In production ${advice}.`
  if (distributable && environment.NODE_ENV === 'production') logger.warn({}, `THIS IS PRODUCTION. ${text}`)
  else logger[distributable && insecure ? 'warn' : 'info']({}, text)
}
