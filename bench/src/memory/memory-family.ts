import { OtherLoad } from '../process/other-load.js'
import type { Progress } from '../process/progress.js'
import { type TomcatProgram, tomcatProgram } from '../process/tomcat-program.js'
import { type KeeperName, type ReplicaSize, replicaSizes } from './replica-sizes.js'
import { type ResidentRun, residentRun, type StoreRun, storeRun } from './resident-loop.js'

export interface MemoryOptions {
  readonly rounds: number
  /** Of resident sessions while the event loop is watched. */
  readonly residents: readonly number[]
  readonly restSeconds: number
  readonly churnSeconds: number
  /** Sessions of 1 KiB whose sizes are measured; of larger ones fewer. */
  readonly count: number
}

export interface SizeRow {
  readonly keeper: KeeperName
  readonly bytes: number
  readonly sessions: number
  readonly runs: readonly ReplicaSize[]
}

export interface MemoryResults {
  readonly sizes: readonly SizeRow[]
  readonly residents: readonly ResidentRun[]
  readonly stores: readonly StoreRun[]
  /** Of the machine, round by round: see OtherLoad. */
  readonly otherLoad: readonly number[]
  readonly peer: string
  /** What is not in the rows, and why. */
  readonly missing: readonly string[]
}

const SIZES = [200, 1024, 10_240]
/** Of residents: a million of 1 KiB twice over is more than many machines have. */
const RESIDENT_BYTES = 1024
const MOST_BYTES = 128 * 2 ** 20

/** What sessions that nobody uses take, and what holding many of them does to the event loop. */
export async function runMemory(options: MemoryOptions, progress: Progress): Promise<MemoryResults> {
  const tomcat = tomcatProgram('TomcatMember', text => progress.note(text))
  const program = typeof tomcat === 'string' ? undefined : tomcat
  const otherLoad: number[] = []
  const missing = typeof tomcat === 'string' ? [`Tomcat: ${tomcat}`] : []
  try {
    const sizes = await measureSizes(options, program, progress, otherLoad, missing)
    const residents: ResidentRun[] = []
    const stores: StoreRun[] = []
    for (const sessions of options.residents) {
      progress.tell(`memory: the event loop beside ${sessions} sessions`)
      residents.push(await residentRun({ ...options, sessions, bytes: RESIDENT_BYTES }))
      stores.push(await storeRun({ ...options, sessions, bytes: RESIDENT_BYTES }))
    }
    return { sizes, residents, stores, otherLoad, peer: program?.version ?? 'none', missing }
  } finally {
    program?.remove()
  }
}

async function measureSizes(
  { rounds, count }: MemoryOptions,
  tomcat: TomcatProgram | undefined,
  progress: Progress,
  otherLoad: number[],
  missing: string[],
): Promise<readonly SizeRow[]> {
  const keepers: readonly KeeperName[] = ['clowder', ...(tomcat ? (['tomcat'] as const) : []), 'memory-store']
  const sizes = SIZES.map(bytes => ({ bytes, sessions: Math.min(count, Math.floor(MOST_BYTES / bytes)) }))
  const rows = keepers.flatMap(keeper => sizes.map(size => ({ keeper, ...size, runs: [] as ReplicaSize[] })))
  for (let round = 1; round <= rounds; round++) {
    otherLoad.push(await OtherLoad.atRest())
    for (const keeper of keepers) {
      progress.tell(`memory: round ${round} of ${rounds}`, keeper)
      try {
        const taken = await replicaSizes(keeper, sizes, tomcat)
        for (const [i, row] of rows.filter(row => row.keeper === keeper).entries()) row.runs.push(taken[i]!)
      } catch (error) {
        if (keeper === 'clowder') throw error
        missing.push(`${keeper}, round ${round}: ${(error as Error).message.split('\n')[0]}`)
      }
    }
  }
  return rows.filter(({ runs }) => runs.length > 0)
}
