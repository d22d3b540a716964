import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { type ClusterOptions, createCluster } from '../../src/index.js'
import { memberCount } from '../support/test-node.js'
import type { Recipe } from './recipe.js'

const PAGE = new URL('../../../../docs/recipes/tls-certificates.md', import.meta.url)
const COMMANDS = /^```sh\n([\s\S]*?)^```$/gm

/** What the page about certificates does. */
export const certificateStories: Record<string, (t: Test, recipe: Recipe) => Promise<unknown>> = {
  'tls-certificates': tellCertificateStory,
}

/** Its commands are run as they stand there, and two members come together with what they have made. */
async function tellCertificateStory(t: Test, recipe: Recipe): Promise<void> {
  type Options = (name: string, folder: string, members: string[]) => ClusterOptions
  const { options } = await recipe.load<{ options: Options }>('options.ts')
  const folder = mkdtempSync(join(tmpdir(), 'certificates-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  for (const [, commands] of readFileSync(PAGE, 'utf8').matchAll(COMMANDS))
    execFileSync('sh', ['-e', '-c', commands!], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
  const ports = await Promise.all([freePort(), freePort()])
  const members = ports.map(port => `127.0.0.1:${port}`)
  const nodes = await Promise.all(
    ports.map((port, i) =>
      createCluster({
        ...options(`n${i + 1}`, folder, members),
        receiver: { address: '127.0.0.1', port, autoBind: 1 },
        logger: false,
      }),
    ),
  )
  t.teardown(() => Promise.all(nodes.map(node => node.stop())))
  await Promise.all(nodes.map(node => memberCount(node, 1)))
  t.match(nodes[0]!.inspect().security, { handshakesFailed: 0, refused: 0 })
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise(resolve => server.close(resolve))
  return port
}
