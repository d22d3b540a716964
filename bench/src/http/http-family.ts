import { type LineProcess, nodeScript } from '../process/line-process.js'
import type { Progress } from '../process/progress.js'
import { trafficProblem } from '../process/tcp-traffic.js'
import { type TomcatProgram, tomcatProgram } from '../process/tomcat-program.js'
import { type GroupResults, reasonOf, runGroup } from './group-run.js'
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
  const isWanted = (system: HttpSystem) => systemTitle(system).includes(only ?? '') && isPossible(system, peers)
  const tools = { ...peers, effort: httpEffort(isQuick), progress, missing, nodeOptions }
  try {
    const groups: GroupResults[] = []
    for (const { name, systems } of wantedGroups(isQuick, isWanted)) {
      const results = await withLoad(name, missing, load => runGroup({ name, systems }, { ...tools, load }))
      if (results) groups.push(results)
    }
    const trials: Trial[] = []
    for (const system of trialSystems(isQuick).filter(isWanted)) {
      const trial = await withLoad(`trials, ${systemTitle(system)}`, missing, load =>
        runTrial(system, { ...tools, load }),
      )
      if (trial) trials.push(trial)
    }
    return { groups, trials, otherLoad: groups.flatMap(group => group.otherLoad), peers: versionsOf(peers), missing }
  } finally {
    peers.tomcat?.remove()
  }
}

/** With a load generator of its own, so that what goes wrong with one group is all that is missing. */
async function withLoad<Results>(
  name: string,
  missing: string[],
  measure: (load: LineProcess) => Promise<Results>,
): Promise<Results | undefined> {
  const load = nodeScript('http/load-generator.js', [])
  try {
    await load.ready()
    return await measure(load)
  } catch (error) {
    missing.push(`${name}: ${reasonOf(error)}`)
    return undefined
  } finally {
    await load.stop()
  }
}

function wantedGroups(isQuick: boolean, isWanted: (system: HttpSystem) => boolean): SystemGroup[] {
  return systemGroups(isQuick)
    .map(({ name, systems }) => ({ name, systems: systems.filter(isWanted) }))
    .filter(({ systems }) => systems.length > 0)
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
  present('bytes on the wire', trafficProblem(tell))
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
