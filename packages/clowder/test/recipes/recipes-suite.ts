import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Readable } from 'node:stream'
import t, { type Test } from 'tap'
import type { Cluster } from '../../src/cluster/cluster.js'
import { createTestCluster } from '../../src/testing/create-test-cluster.js'
import type { AppFactory } from '../../src/testing/test-options.js'
import { certificateStories } from './certificate-stories.js'
import { keyringStories } from './keyring-stories.js'
import { lockStories } from './lock-stories.js'
import { Recipe, recipeNames } from './recipe.js'
import { socketStories } from './socket-stories.js'
import { userStories } from './user-stories.js'

const SECRET = 'the secret of samples that are run by a test'

for (const name of recipeNames)
  t.test(`the samples of docs/recipes/${name}.md`, async t => {
    const recipe = new Recipe(name)
    t.teardown(() => recipe.remove())
    t.ok(recipe.files.length > 0, 'there are samples')
    t.equal(recipe.compile(), '', 'they compile')
    if (recipe.has('app.ts'))
      await t.test('app.ts works on three nodes', async t => tellStory(t, await recipe.makeApp()))
    if (recipe.has('server.ts')) await t.test('server.ts answers, and ends when told', async t => runServer(t, recipe))
    await stories[name]?.(t, recipe)
  })

/** What the samples of one page do besides. */
const stories: Record<string, (t: Test, recipe: Recipe) => Promise<unknown>> = {
  next: tellNextStory,
  ...socketStories,
  ...userStories,
  ...lockStories,
  ...keyringStories,
  ...certificateStories,
}

/** A visitor counts, logs in, keeps on counting, and logs out; each time on another node. */
async function tellStory(t: Test, makeApp: AppFactory): Promise<void> {
  const cluster = await createTestCluster(3, { app: makeApp })
  t.teardown(() => cluster.stop())
  const user = cluster.browser()
  t.match((await user.get(0, '/')).json(), { count: 1 })
  t.match((await user.get(1, '/')).json(), { count: 2 })
  await user.post(2, '/login/ada')
  t.match((await user.get(0, '/')).json(), { user: 'ada' })
  cluster.kill(0)
  t.match((await user.get(1, '/')).json(), { user: 'ada' })
  await user.post(1, '/logout')
  const after = (await user.get(2, '/')).json<{ count: number; user?: string }>()
  t.equal(after.count, 1)
  t.equal(after.user, undefined)
}

async function runServer(t: Test, recipe: Recipe): Promise<void> {
  const port = await freePort()
  const server = recipe.run('server.ts', { PORT: String(port), CLOWDER_SECRET: SECRET })
  t.teardown(() => server.kill('SIGKILL'))
  const exit = once(server, 'exit')
  await Promise.race([hasSaid(server.stdout, `:${port}`), exit])
  const first = await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } })
  t.match(await first.json(), { count: 1 })
  const cookie = first.headers.getSetCookie()[0]!.split(';')[0]!
  const second = await fetch(`http://127.0.0.1:${port}/`, { headers: { cookie, connection: 'close' } })
  t.match(await second.json(), { count: 2 })
  server.kill('SIGTERM')
  const [code, signal] = await exit
  t.ok(code === 0 || signal === 'SIGTERM', `ends with ${code ?? signal}`)
}

async function hasSaid(output: Readable, text: string): Promise<void> {
  let said = ''
  for await (const chunk of output.iterator({ destroyOnReturn: false })) {
    said += chunk
    if (said.includes(text)) return
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}

/** The route handler, with Next's `cookies()` as far as it goes. */
async function tellNextStory(t: Test, recipe: Recipe): Promise<void> {
  type Handler = (request?: Request) => Promise<Response>
  const { GET, POST, DELETE } = await recipe.load<Record<'GET' | 'POST' | 'DELETE', Handler>>('app/count/route.ts')
  const { cluster } = await recipe.load<{ cluster: () => Promise<Cluster> }>('lib/cluster.ts')
  const { requestCookies } = await recipe.standIn<typeof import('./stand-ins/next/headers.js')>('next/headers.js')
  t.teardown(async () => (await cluster()).stop())
  const jar = new Map<string, string>()
  const visitor = {
    get: (name: string) => (jar.has(name) ? { name, value: jar.get(name)! } : undefined),
    set: (name: string, value: string) => void (value === '' ? jar.delete(name) : jar.set(name, value)),
  }
  const ask = (handler: Handler, request?: Request) => requestCookies.run(visitor, () => handler(request))
  await ask(GET)
  t.strictSame(await (await ask(GET)).json(), { count: 2 })
  await ask(POST, new Request('http://localhost/count', { method: 'POST', body: '{"user":"ada"}' }))
  t.strictSame(await (await ask(GET)).json(), { count: 1, user: 'ada' })
  t.equal((await ask(DELETE)).status, 204)
  t.equal(jar.size, 0)
}
