import { spawnSync } from 'node:child_process'

/**
 * Installs what a peer needs, where that is possible: on Debian and its like, as root. Answers undefined, or why it is not there.
 */
export function installPackages(packages: readonly string[], tell: (text: string) => void): string | undefined {
  const wanted = packages.join(' ')
  if (process.getuid?.() !== 0) return `not installed (apt-get install ${wanted})`
  tell(`Running apt-get install -y ${wanted} …`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  for (const args of [
    ['update', '-qq'],
    ['install', '-y', '-qq', '--no-install-recommends', ...packages],
  ]) {
    const { status } = spawnSync('apt-get', args, { env, stdio: 'ignore' })
    if (status !== 0) return `apt-get ${args[0]} failed (wanted: ${wanted})`
  }
  return undefined
}

/** Whether a command answers. */
export function isInstalled(command: string, ...args: string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0
}
