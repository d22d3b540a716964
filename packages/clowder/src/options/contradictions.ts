import { MAX_CLUSTER_NAME_BYTES, nameOfDomain } from '@clowder/tribes'
import { clusterNameOf, encryptedNameOf } from '../cluster/cluster-name.js'
import type { OptionProblem } from '../errors.js'
import { readCertificates } from './certificate-files.js'
import type { ClusterSettings } from './cluster-options.js'

/** What must fit beside a whole session in one frame: names, stamps and headers. */
const FRAME_OVERHEAD_BYTES = 65_536
const SIGN_ON_COOKIE = 'CLOWDERSSO'

/** Options that are each in order, and not together. */
export function contradictionsIn(settings: ClusterSettings): OptionProblem[] {
  return [
    ...(settings.distributable ? [...membershipContradictions(settings), ...tlsContradictions(settings)] : []),
    ...domainContradictions(settings),
    ...encryptionContradictions(settings),
    ...sizeContradictions(settings),
    ...cookieContradictions(settings.valve.cookie),
    ...connectSidContradictions(settings.valve),
    ...nameContradictions(settings),
    ...applicationContradictions(settings),
    ...signOnContradictions(settings),
    ...lockContradictions(settings.valve),
  ]
}

function membershipContradictions({ membership, receiver }: ClusterSettings): OptionProblem[] {
  const { frequency, dropTime, multicast, members } = membership
  const problems: OptionProblem[] = []
  if (dropTime <= 2 * frequency)
    problems.push(
      problem(
        'membership.dropTime',
        dropTime,
        `must be more than twice membership.frequency (${frequency}), or one lost heartbeat raises a doubt`,
      ),
    )
  if (!multicast && members.length === 0)
    problems.push(
      problem(
        'membership.multicast',
        multicast,
        'leaves no way to find members: list them in membership.members, or set distributable: false',
      ),
    )
  if (receiver.port > 0 && receiver.port + receiver.autoBind - 1 > 65_535)
    problems.push(
      problem(
        'receiver.autoBind',
        receiver.autoBind,
        `from receiver.port (${receiver.port}) upwards goes beyond port 65535`,
      ),
    )
  return problems
}

/** Name and domain travel as one in a heartbeat. */
function domainContradictions({ name, membership: { domain, domainFilter } }: ClusterSettings): OptionProblem[] {
  if (!domainFilter) return []
  if (domain === undefined)
    return [problem('membership.domainFilter', true, 'needs membership.domain: whom this member is to see')]
  const bytes = Buffer.byteLength(nameOfDomain(name, domain))
  if (bytes <= MAX_CLUSTER_NAME_BYTES) return []
  const allowed = `with membership.domainFilter name and membership.domain have at most ${MAX_CLUSTER_NAME_BYTES - 1} bytes together`
  return [problem('membership.domain', `'${domain}'`, allowed)]
}

/** Which encryption it is travels with the name. */
function encryptionContradictions(settings: ClusterSettings): OptionProblem[] {
  const plain = clusterNameOf(settings)
  const bytes = Buffer.byteLength(encryptedNameOf(plain, settings))
  if (bytes <= MAX_CLUSTER_NAME_BYTES || Buffer.byteLength(plain) > MAX_CLUSTER_NAME_BYTES) return []
  const most = MAX_CLUSTER_NAME_BYTES - (bytes - Buffer.byteLength(plain))
  const allowed = `with EncryptInterceptor the name, with its domain where there is a domainFilter, has at most ${most} bytes`
  return [problem('name', `'${settings.name}'`, allowed)]
}

/** Heartbeats are authenticated by the secret only. */
function tlsContradictions({ tls, secret, insecure, membership }: ClusterSettings): OptionProblem[] {
  if (!tls) return []
  if (insecure) return [problem('tls', 'with insecure: true', 'does nothing with insecure: leave one of the two out')]
  const { problems } = readCertificates(tls, Date.now())
  if (secret || !membership.multicast) return [...problems]
  const allowed =
    'heartbeats cannot be authenticated by certificates: set secret too, or list the others in membership.members and set this to false'
  return [...problems, problem('membership.multicast', true, allowed)]
}

function sizeContradictions({ manager, receiver, sender }: ClusterSettings): OptionProblem[] {
  const problems: OptionProblem[] = []
  if (manager.maxSessionBytes + FRAME_OVERHEAD_BYTES > receiver.maxFrameBytes)
    problems.push(
      problem(
        'manager.maxSessionBytes',
        manager.maxSessionBytes,
        `must be at least ${FRAME_OVERHEAD_BYTES} less than receiver.maxFrameBytes (${receiver.maxFrameBytes}), so that a session fits a frame`,
      ),
    )
  if (sender.maxQueueBytes < receiver.maxFrameBytes)
    problems.push(
      problem(
        'sender.maxQueueBytes',
        sender.maxQueueBytes,
        `must be at least receiver.maxFrameBytes (${receiver.maxFrameBytes}), or a long frame could never be queued`,
      ),
    )
  return problems
}

/** A mount of the middleware may have a cookie of its own. */
export function cookieContradictions(
  cookie: ClusterSettings['valve']['cookie'],
  path = 'valve.cookie',
): OptionProblem[] {
  const problems: OptionProblem[] = []
  if (cookie.sameSite === 'none' && cookie.secure === false)
    problems.push(
      problem(`${path}.secure`, false, `must not be false with ${path}.sameSite 'none': browsers refuse such a cookie`),
    )
  if (cookie.partitioned && cookie.secure === false)
    problems.push(
      problem(`${path}.secure`, false, `must not be false with ${path}.partitioned: browsers refuse such a cookie`),
    )
  if (
    cookie.name.startsWith('__Host-') &&
    (cookie.path !== '/' || cookie.domain !== undefined || cookie.secure === false)
  )
    problems.push(
      problem(
        `${path}.name`,
        `'${cookie.name}'`,
        `needs ${path}.path '/', no ${path}.domain, and ${path}.secure not false`,
      ),
    )
  if (cookie.name.startsWith('__Secure-') && cookie.secure === false)
    problems.push(problem(`${path}.name`, `'${cookie.name}'`, `needs ${path}.secure not false`))
  return problems
}

/** A mount of the middleware may have locks of its own. */
export function lockContradictions({ lock }: ClusterSettings['valve']): OptionProblem[] {
  if (lock.mode !== 'uriPattern' || lock.uriPattern !== undefined) return []
  return [problem('valve.lock.mode', "'uriPattern'", 'needs valve.lock.uriPattern: which paths take the lock')]
}

export function connectSidContradictions({ cookie, connectSid }: ClusterSettings['valve']): OptionProblem[] {
  if (connectSid.secret === undefined || connectSid.name !== cookie.name) return []
  const allowed = 'must not be valve.cookie.name: the two cookies say different things'
  return [problem('valve.connectSid.name', `'${connectSid.name}'`, allowed)]
}

/** A browser that shows two cookies of one name does not say which is whose. */
function nameContradictions({ applications, valve, singleSignOn }: ClusterSettings): OptionProblem[] {
  const { cookie, connectSid } = valve
  const owners = new Map([[cookie.name, 'valve.cookie']])
  if (connectSid.secret !== undefined && !owners.has(connectSid.name)) owners.set(connectSid.name, 'valve.connectSid')
  const named = Object.entries(applications).map(([name, own]) => [`applications.${name}.cookie`, own.cookie.name])
  const all = singleSignOn ? [...named, ['singleSignOn', singleSignOn.cookieName ?? SIGN_ON_COOKIE]] : named
  return all.flatMap(([path = '', name = '']) => {
    const owner = owners.get(name)
    if (owner === undefined) owners.set(name, path)
    const option = path === 'singleSignOn' ? 'cookieName' : 'name'
    return owner === undefined ? [] : [problem(`${path}.${option}`, `'${name}'`, `is the name of ${owner} already`)]
  })
}

function applicationContradictions({ applications }: ClusterSettings): OptionProblem[] {
  return Object.entries(applications).flatMap(([name, { cookie }]) =>
    cookieContradictions(cookie, `applications.${name}.cookie`),
  )
}

function signOnContradictions({ singleSignOn }: ClusterSettings): OptionProblem[] {
  const { cookieName, cookieDomain } = singleSignOn ?? {}
  if (!cookieName?.startsWith('__Host-') || cookieDomain === undefined) return []
  return [problem('singleSignOn.cookieName', `'${cookieName}'`, 'has no cookieDomain: browsers refuse such a cookie')]
}

function problem(path: string, given: string | number | boolean, allowed: string): OptionProblem {
  return { path, given: `given ${given}`, allowed }
}
