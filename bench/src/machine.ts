import { readFileSync } from 'node:fs'
import { arch, availableParallelism, cpus, platform, release, totalmem } from 'node:os'

/** What figures depend on. Nothing that tells whose machine it is. */
export interface Machine {
  readonly cores: number
  readonly cpu: string
  readonly memoryGiB: number
  readonly system: string
  readonly node: string
}

export function thisMachine(): Machine {
  return {
    cores: availableParallelism(),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${release().split('-')[0]} ${arch()}`,
    node: process.version,
  }
}

export function machineText({ cores, cpu, memoryGiB, system, node }: Machine): string {
  return `Node.js ${node}, ${cores} cores (${cpu}), ${memoryGiB} GiB, ${system}, loopback`
}

/** Of the peers, exact as package.json pins them. */
export function pinnedVersions(names: readonly string[]): Record<string, string> {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  const { dependencies, devDependencies } = manifest as Record<string, Record<string, string>>
  const pinned = { ...dependencies, ...devDependencies }
  return Object.fromEntries(names.map(name => [name, pinned[name] ?? 'unknown']))
}
