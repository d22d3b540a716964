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

/** The version of a package as it is installed. */
export function versionOf(packageName: string): string {
  const manifest = new URL(import.meta.resolve(`${packageName}/package.json`))
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version
}
