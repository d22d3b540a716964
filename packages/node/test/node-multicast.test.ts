import { type ChildProcess, fork, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { MulticastOptions } from '@clowder/tribes'
import t from 'tap'
import { nodeNetwork } from '../src/index.js'
import { keepOpen, until } from './support/keep-open.js'

keepOpen()
const CHILD = fileURLToPath(new URL('./support/cluster-like-process.ts', import.meta.url))

let nextPort = 46_000 + (process.pid % 2000) * 8
async function joined(options: Partial<MulticastOptions> & { port: number }) {
  const heard: string[] = []
  const failures: Error[] = []
  const socket = await nodeNetwork.joinMulticast(
    { group: '228.0.0.4', loopbackDisabled: false, ...options },
    {
      datagram: bytes => void heard.push(Buffer.from(bytes).toString()),
      failed: error => void failures.push(error),
    },
  )
  t.teardown(() => socket.close())
  return { socket, heard, failures }
}

function startChild(port: number, mode: string): ChildProcess {
  return fork(CHILD, [`${port}`, mode], { execArgv: ['--import', 'tsx'], stdio: ['ignore', 'pipe', 'inherit', 'ipc'] })
}

const WAYS: [name: string, options: Partial<MulticastOptions>][] = [
  ['the system chooses the interface', {}],
  ['bound to loopback', { bind: '127.0.0.1' }],
  ['with a ttl of 0', { ttl: 0 }],
]
/** Linux has no IPv6 multicast on loopback, so this needs a network. */
const ipv6 = nodeNetwork.hostAddresses().find(a => a.family === 6 && !a.internal && !a.address.startsWith('fe80'))
if (ipv6)
  WAYS.push(
    ['IPv6, the system chooses', { group: 'ff02::4:4' }],
    ['IPv6, bound', { group: 'ff02::4:4', bind: ipv6.address }],
  )

for (const [name, options] of WAYS) {
  t.test(`${name}: two sockets of one port hear each other and themselves, once`, async t => {
    const port = nextPort++
    const [a, b] = [await joined({ ...options, port }), await joined({ ...options, port })]
    await a.socket.send(Buffer.from('from a'))
    await b.socket.send(Buffer.from('from b'))
    await until(() => a.heard.length >= 2 && b.heard.length >= 2)
    await new Promise(resolve => setTimeout(resolve, 20))
    t.strictSame(a.heard.sort(), ['from a', 'from b'])
    t.strictSame(b.heard.sort(), ['from a', 'from b'])
    t.strictSame([a.failures, b.failures], [[], []])
  })
}

t.test('another group on the same port is not heard', { skip: process.platform === 'win32' }, async t => {
  const port = nextPort++
  const [a, b] = [await joined({ port }), await joined({ port, group: '228.0.0.5' })]
  await b.socket.send(Buffer.from('for b'))
  await a.socket.send(Buffer.from('for a'))
  await until(() => a.heard.length > 0 && b.heard.length > 0)
  t.strictSame([a.heard, b.heard], [['for a'], ['for b']])
})

t.test('with loopback disabled the processes of this host do not hear us', async t => {
  const port = nextPort++
  const [mute, open] = [await joined({ port, loopbackDisabled: true }), await joined({ port })]
  await mute.socket.send(Buffer.from('from mute'))
  await open.socket.send(Buffer.from('from open'))
  await until(() => mute.heard.length > 0 && open.heard.length > 0)
  t.strictSame([mute.heard, open.heard], [['from open'], ['from open']])
})

t.test('a bind address that no interface has is an error of the join', async t => {
  for (const bind of ['203.0.113.1', 'fd99::1']) {
    const group = bind.includes(':') ? 'ff02::4' : '228.0.0.4'
    await t.rejects(
      joined({ port: nextPort++, bind, group }),
      { code: bind.includes(':') ? 'EADDRNOTAVAIL' : /^E/ },
      bind,
    )
  }
})

t.test('a closed socket refuses to send, and closing it again is fine', async t => {
  const { socket } = await joined({ port: nextPort++ })
  await Promise.all([socket.close(), socket.close()])
  await t.rejects(socket.send(Buffer.from('x')), { code: 'ERR_SOCKET_DGRAM_NOT_RUNNING' })
})

t.test('what is too long for a datagram is an error of that send only', async t => {
  const { socket, heard } = await joined({ port: nextPort++ })
  await t.rejects(socket.send(Buffer.alloc(70_000)), { code: 'EMSGSIZE' })
  await socket.send(Buffer.from('short'))
  await until(() => heard.length === 1)
})

t.test(
  'a paused socket hears nothing, whoever else of the host is in the group, and speaks; resumed, it hears again',
  async t => {
    for (const options of [{}, { bind: '127.0.0.1' }]) {
      const port = nextPort++
      const [a, b] = [await joined({ port, ...options }), await joined({ port, ...options })]
      const say = async (text: string) => {
        await b.socket.send(Buffer.from(text))
        await until(() => b.heard.includes(text))
      }
      a.socket.pause!()
      a.socket.pause!()
      await new Promise(resolve => setImmediate(resolve))
      await say('while it is paused')
      await a.socket.send(Buffer.from('from a'))
      await until(() => b.heard.includes('from a'))
      await new Promise(resolve => setImmediate(resolve))
      await say('while it is paused again')
      a.socket.resume!()
      a.socket.resume!()
      await say('afterwards')
      await until(() => a.heard.includes('afterwards'))
      t.strictSame(
        a.heard.filter(text => text !== 'from a'),
        ['afterwards'],
        'its own words it may hear',
      )
      a.socket.pause!()
      a.socket.resume!()
      a.socket.pause!()
      await a.socket.close()
      t.strictSame(a.failures, [])
    }
  },
)

t.test('two processes of one host hear each other', async t => {
  const port = nextPort++
  const { socket, heard } = await joined({ port })
  const child = startChild(port, 'talk')
  await until(() => heard.includes('from the child'))
  await socket.send(Buffer.from('from the parent'))
  const [code] = await once(child, 'exit')
  t.equal(code, 42, 'the child heard us')
})

/** Linux only: runs a command in a network namespace of its own. */
const UNSHARE = 'unshare'
const canUnshare = spawnSync(UNSHARE, ['-rn', 'ip', 'link', 'set', 'lo', 'up']).status === 0

t.test('a process on a host without any network hears itself', { skip: !canUnshare }, async t => {
  const script = `ip link set lo up && exec "${process.execPath}" --import tsx "${CHILD}" ${nextPort++} alone`
  const child = spawn(UNSHARE, ['-rn', 'sh', '-c', script], { stdio: ['ignore', 'ignore', 'inherit'] })
  const [code] = await once(child, 'exit')
  t.equal(code, 42)
})

t.test('a process whose cluster is open ends by itself when its work is done', async t => {
  const startedMs = performance.now()
  const child = startChild(nextPort++, 'silent')
  let printed = ''
  child.stdout!.on('data', chunk => void (printed += chunk))
  child.channel?.unref()
  child.disconnect()
  const [code] = await once(child, 'exit')
  t.equal(code, 0)
  await until(() => printed === 'all open')
  t.ok(performance.now() - startedMs < 30_000)
})
