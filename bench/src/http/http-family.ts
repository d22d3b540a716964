import { nodeScript } from '../process/line-process.js'
import type { Progress } from '../process/progress.js'
import { type TomcatProgram, tomcatProgram } from '../process/tomcat-program.js'
import { type GroupResults, type GroupTools, runGroup } from './group-run.js'
import { httpEffort } from './http-effort.js'
import { nginxProblem, nginxVersion } from './nginx-process.js'
import { type StoreName, storeOf, storeProblem, storeVersion } from './session-stores.js'
import { type HttpSystem, type SessionKind, systemTitle } from './system.js'
import { type SystemGroup, systemGroups } from './system-group.js'
import { runTrial, type Trial } from './trial/trial.js'

export interface HttpOptions {
  readonly isQuick: boolean
  /** Part of a system's title. */
  readonly only: string | undefined
  readonly nodeOptions: readonly string[]
}

export interface HttpResults {
  readonly groups: readonly GroupResults[]
  readonly trials: readonly Trial[]
  readonly otherLoad: readonly number[]
  /** Of what is not in package.json. */
  readonly peers: readonly string[]
  /** What is not in the rows, and why. */
  readonly missing: readonly string[]
}

/** Whose versions matter here. */
export const HTTP_PACKAGES: readonly string[] = [
  'clowder',
  'express',
  'express-session',
  'fastify',
  '@fastify/session',
  'connect-redis',
  'redis',
  'connect-memcached',
]

const TRIALS: readonly SessionKind[] = ['clowder-backup', 'tomcat-6']
/** In full. */
const MORE_TRIALS: readonly SessionKind[] = ['tomcat-8']
const STORES: readonly StoreName[] = ['redis', 'memcached']

/** What there is of what systems need. */
interface Peers {
  readonly tomcat: TomcatProgram | undefined
  readonly hasNginx: boolean
  readonly stores: readonly StoreName[]
}

/** Requests with a session: Clowder, what others put in its place, and the same work without any, group by group, in turns. */
export async function runHttp({ isQuick, only, nodeOptions }: HttpOptions, progress: Progress): Promise<HttpResults> {
  const missing: string[] = []
  const peers = findPeers(progress, missing)
  const load = nodeScript('http/load-generator.js', [])
  const effort = httpEffort(isQuick)
  const wanted = (system: HttpSystem) => systemTitle(system).includes(only ?? '') && isPossible(system, peers)
  const tools: GroupTools = { ...peers, load, effort, progress, missing, nodeOptions }
  try {
    await load.ready()
    const groups: GroupResults[] = []
    for (const group of systemGroups(isQuick)) groups.push(...(await groupResults(group, wanted, tools)))
    const trials: Trial[] = []
    for (const system of trialSystems(isQuick).filter(wanted)) {
      trials.push(await runTrial(system, tools))
    }
    return { groups, trials, otherLoad: groups.flatMap(group => group.otherLoad), peers: versionsOf(peers), missing }
  } finally {
    await load.stop()
    peers.tomcat?.remove()
  }
}

async function groupResults(
  { name, systems }: SystemGroup,
  wanted: (system: HttpSystem) => boolean,
  tools: GroupTools,
): Promise<GroupResults[]> {
  const some = systems.filter(wanted)
  return some.length === 0 ? [] : [await runGroup({ name, systems: some }, tools)]
}

function trialSystems(isQuick: boolean): HttpSystem[] {
  return [...TRIALS, ...(isQuick ? [] : MORE_TRIALS)].map(session => ({
    framework: session === 'clowder-backup' ? 'node:http' : 'Tomcat',
    session,
    nodes: 2,
  }))
}

function findPeers(progress: Progress, missing: string[]): Peers {
  const tell = (text: string) => progress.note(text)
  const present = (name: string, problem: string | undefined) => {
    if (problem) missing.push(`${name}: ${problem}`)
    return !problem
  }
  const tomcat = tomcatProgram('TomcatHttp', tell)
  present('Tomcat', typeof tomcat === 'string' ? tomcat : undefined)
  return {
    tomcat: typeof tomcat === 'string' ? undefined : tomcat,
    hasNginx: present('through nginx', nginxProblem(tell)),
    stores: STORES.filter(name => present(name, storeProblem(name, tell))),
  }
}

function isPossible({ framework, session }: HttpSystem, { tomcat, stores }: Peers): boolean {
  const store = storeOf(session)
  if (store) return stores.includes(store)
  return framework !== 'Tomcat' || tomcat !== undefined
}

function versionsOf({ tomcat, hasNginx, stores }: Peers): string[] {
  return [...(tomcat ? [tomcat.version] : []), ...(hasNginx ? [nginxVersion()] : []), ...stores.map(storeVersion)]
}
