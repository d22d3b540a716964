import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'

const CONFIG = fileURLToPath(new URL('../../../../tsconfig.test.json', import.meta.url))

/**
 * Runs a file of tests in a process without tap's module loader, which reads the exports of some packages (Nest's, the compiler's) otherwise than Node does,
 * and which every process started from here would inherit.
 */
export async function inPlainProcess(t: Test, file: URL): Promise<void> {
  const command = ['-u', 'NODE_OPTIONS', process.execPath, '--import', 'tsx', fileURLToPath(file)]
  await t.spawn('env', command, { env: { ...process.env, TSX_TSCONFIG_PATH: CONFIG } })
}
