import { spawnSync } from 'node:child_process'
import { faketimeLibrary } from '../node/wall-clocks.js'

/** What must answer, and the Debian package that it comes with. */
const TOOLS: readonly (readonly [string, readonly string[], string])[] = [
  ['ip', ['-V'], 'iproute2'],
  ['tc', ['-V'], 'iproute2'],
  ['nft', ['--version'], 'nftables'],
  ['unshare', ['--version'], 'util-linux'],
  ['nsenter', ['--version'], 'util-linux'],
  ['setpriv', ['--version'], 'util-linux'],
  ['python3', ['--version'], 'python3'],
]

/** Why the bed cannot be made here and what to do; undefined when all is there. Installs what is missing where that is possible: on Debian and its like. */
export function missingRequirement(tell: (text: string) => void): string | undefined {
  if (process.platform !== 'linux') return 'The bed of real processes needs Linux: it is made of network namespaces.'
  if (process.getuid?.() !== 0)
    return 'The bed of real processes needs root: it makes network namespaces, which is done to nothing else on this host. Run it with sudo, or in a container with --privileged.'
  const wanted = [...missingPackages(), ...(faketimeLibrary() ? [] : ['faketime'])]
  if (wanted.length > 0) install(wanted, tell)
  const stillMissing = missingPackages()
  tell(
    `Clock faults: ${faketimeLibrary() ? 'libfaketime' : "by the cluster's Clock component only (libfaketime is not installed)"}`,
  )
  if (stillMissing.length > 0)
    return `Tools are missing and could not be installed: run apt-get install -y ${stillMissing.join(' ')}, or what your system has instead of it.`
  return cannotMakeNamespaces()
}

function missingPackages(): string[] {
  return [...new Set(TOOLS.filter(([tool, args]) => !answers(tool, args)).map(([, , name]) => name))]
}

function install(packages: readonly string[], tell: (text: string) => void): void {
  tell(`Running apt-get install -y ${packages.join(' ')} …`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  for (const args of [
    ['update', '-qq'],
    ['install', '-y', '-qq', '--no-install-recommends', ...packages],
  ])
    spawnSync('apt-get', args, { env, stdio: 'ignore' })
}

/** A container without the right capabilities is root in name only; a kernel may lack the tables. */
function cannotMakeNamespaces(): string | undefined {
  const made = spawnSync('unshare', ['--net', 'nft', 'add table ip torture'], { encoding: 'utf8' })
  if (made.status === 0) return undefined
  return `Network namespaces or nftables do not work here, although this is root (a container needs --privileged): ${made.stderr}`
}

function answers(tool: string, args: readonly string[]): boolean {
  return spawnSync(tool, args, { stdio: 'ignore' }).status === 0
}
