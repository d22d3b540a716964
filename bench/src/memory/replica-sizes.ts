import { setTimeout as delay } from 'node:timers/promises'
import { type LineProcess, nodeScript } from '../process/line-process.js'
import type { MemoryUse } from '../process/memory-use.js'
import { ports } from '../process/ports.js'
import { tomcatMember } from '../process/tomcat-member.js'
import type { TomcatProgram } from '../process/tomcat-program.js'
import { until } from '../process/until.js'

export type KeeperName = 'clowder' | 'tomcat' | 'memory-store'

/** Where sessions are made, and where what is measured holds them: the same process where nothing is replicated. */
interface Keeper {
  readonly maker: LineProcess
  readonly holder: LineProcess
}

/** Bytes per session, the session's own included. */
export interface ReplicaSize {
  readonly held: number
  /** Absent where the process takes more from the system than it uses: a JVM. */
  readonly rss?: number
}

/** What a process holds before the first session does not count, and neither does what the first of them make it load. */
const FIRST = 2_000
const READY_TIMEOUT_MS = 60_000
/** Clowder takes copies for idle after 5 s. */
const UNUSED_MS = 6_000
const AT_REST = 0.002
const WITH_GC = ['--expose-gc']

/** What one session takes in a process that holds `count` of them, of one attribute of so many characters, and has nothing else to do: one answer for each size. */
export async function replicaSizes(
  name: KeeperName,
  sizes: readonly { readonly bytes: number; readonly sessions: number }[],
  tomcat: TomcatProgram | undefined,
): Promise<readonly ReplicaSize[]> {
  const started: LineProcess[] = []
  const begin = (process: LineProcess) => {
    started.push(process)
    return process
  }
  try {
    const keeper = await startKeeper(name, begin, tomcat)
    let total = await filled(keeper, FIRST, sizes[0]!.bytes, 0)
    let before = await restingUse(keeper.holder)
    const taken: ReplicaSize[] = []
    for (const { bytes, sessions } of sizes) {
      total = await filled(keeper, sessions, bytes, total)
      const after = await restingUse(keeper.holder)
      const held = (after.held - before.held) / sessions
      taken.push(name === 'tomcat' ? { held } : { held, rss: (after.rss - before.rss) / sessions })
      before = after
    }
    return taken
  } finally {
    await Promise.all(started.map(process => process.stop()))
  }
}

/** Answers how many there are now. */
async function filled({ maker, holder }: Keeper, count: number, bytes: number, there: number): Promise<number> {
  await maker.ask(`fill ${count} ${bytes} ${there}`)
  await until(holder, async () => (await holder.ask<{ sessions: number }>('sessions')).sessions === there + count)
  return there + count
}

async function startKeeper(
  keeper: KeeperName,
  begin: (process: LineProcess) => LineProcess,
  tomcat: TomcatProgram | undefined,
): Promise<Keeper> {
  const { multicast, tcp } = ports()
  if (keeper === 'memory-store') {
    const only = begin(nodeScript('memory/memory-store-node.js', [], WITH_GC))
    await only.ready(READY_TIMEOUT_MS)
    return { maker: only, holder: only }
  }
  const start = (n: number) =>
    begin(
      keeper === 'clowder'
        ? nodeScript('state/state-node.js', [`${multicast}`], WITH_GC)
        : tomcatMember(tomcat!, tcp + 100 * n, multicast),
    )
  // One after the other: of two Tomcats that start at once the one waits a minute for the sessions of the other.
  const maker = start(0)
  await maker.ready(READY_TIMEOUT_MS)
  const holder = start(1)
  await holder.ready(READY_TIMEOUT_MS)
  await until(maker, async () => (await maker.ask<{ members: number }>('members')).members === 1)
  return { maker, holder }
}

/** When it falls no more: what was received may be put away a while after its last use. */
async function restingUse(holder: LineProcess): Promise<MemoryUse> {
  await delay(UNUSED_MS)
  for (let last = await holder.ask<MemoryUse>('memory'); ; ) {
    const use = await holder.ask<MemoryUse>('memory')
    if (use.held > last.held * (1 - AT_REST)) return use
    last = use
  }
}
