/*
 * Tries the example as a user would have it: the packages of this repository packed, installed beside Next in an empty folder, `next build`, two instances of the custom server in production, and one
 * browser that goes from one to the other. Not part of `npm test`: Next takes 340 MB and a minute.
 *
 *   npm run build && node examples/next/smoke.mjs
 */
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const PACKAGES = ['tribes', 'ha', 'http', 'node', 'simulator', 'clowder']

const folder = mkdtempSync(join(tmpdir(), 'clowder-next-'))
const instances = []
function install() {
  cpSync(join(ROOT, 'examples/next'), folder, { recursive: true })
  const file = join(folder, 'package.json')
  const { dependencies, ...manifest } = JSON.parse(readFileSync(file, 'utf8'))
  const packed = PACKAGES.map(name => {
    const [{ name: as, filename }] = JSON.parse(run('npm', ['pack', '--json', join(ROOT, 'packages', name)]))
    return [as, `file:${filename}`]
  })
  writeFileSync(file, JSON.stringify({ ...manifest, dependencies: { ...dependencies, ...Object.fromEntries(packed) } }))
  run('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts'])
}

async function tryOut() {
  const [a, b] = await Promise.all([start('a'), start('b')])
  await Promise.all([a, b].map(instance => instance.says('member added')))
  const ada = new Browser()
  assert.deepEqual(await ada.json(a, '/count'), { count: 1 })
  assert.deepEqual(await ada.json(b, '/count'), { count: 2 }, 'the other instance has the session')
  assert.deepEqual(await ada.json(a, '/raw'), { count: 2 }, 'and so has what is answered beside Next')
  assert.match(await ada.text(b, '/'), /count: (<!-- -->)?2/, 'and a page')

  const stolen = ada.copy()
  await ada.json(a, '/count', { method: 'POST', body: JSON.stringify({ user: 'ada' }) })
  assert.deepEqual(await ada.json(b, '/count'), { count: 1, user: 'ada' })
  assert.deepEqual(await stolen.json(b, '/count'), { count: 1 }, 'the id before the login is worth nothing')

  a.child.kill('SIGTERM')
  assert.deepEqual(await once(a.child, 'exit'), [0, null], 'SIGTERM ends it')
  await b.says('Received member disappeared')
  assert.deepEqual(await ada.json(b, '/count'), { count: 2, user: 'ada' }, 'nobody is logged out')
  const before = ada.copy()
  await ada.text(b, '/count', { method: 'DELETE' })
  assert.deepEqual(await before.json(b, '/raw'), { count: 0 }, 'but by the logout')
}

/** Resolves when it answers. */
async function start(name) {
  const port = await freePort()
  const env = {
    ...process.env,
    NODE_ENV: 'production',
    PORT: String(port),
    ROUTE: name,
    CLOWDER_SECRET: 'x'.repeat(32),
  }
  const child = spawn(process.execPath, ['server.mjs'], { cwd: folder, env })
  const instance = new Instance(child, `http://127.0.0.1:${port}`)
  instances.push(instance)
  await instance.says(instance.url)
  return instance
}

class Instance {
  #output = ''
  #listeners = new Set()

  constructor(child, url) {
    this.child = child
    this.url = url
    const more = chunk => {
      this.#output += chunk
      for (const listener of this.#listeners) listener()
    }
    child.stdout.on('data', more)
    child.stderr.on('data', more)
    child.once('exit', () => more('(ended)'))
  }

  /** Resolves when it has written the text; rejects when it ends before. */
  async says(text) {
    await new Promise((resolve, reject) => {
      const look = () => {
        if (this.#output.includes(text)) resolve()
        else if (this.#output.endsWith('(ended)')) reject(new Error(`never said "${text}": ${this.#output}`))
      }
      this.#listeners.add(look)
      look()
    })
  }
}

/** Keeps one session cookie. */
class Browser {
  #cookie = ''

  copy() {
    const other = new Browser()
    other.#cookie = this.#cookie
    return other
  }

  async text({ url }, path, init = {}) {
    const response = await fetch(url + path, { ...init, headers: { cookie: this.#cookie } })
    const text = await response.text()
    assert.ok(response.ok, `${path}: ${response.status} ${text}`)
    const set = response.headers.getSetCookie().find(line => line.startsWith('clowder.sid='))
    if (set) this.#cookie = set.split(';')[0]
    return text
  }

  async json(instance, path, init) {
    return JSON.parse(await this.text(instance, path, init))
  }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}

function run(command, args) {
  return execFileSync(command, args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
}

try {
  install()
  run('npx', ['next', 'build'])
  await tryOut()
  console.log('Next: all as it should be')
} finally {
  for (const { child } of instances) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
}
