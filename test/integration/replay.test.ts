import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import t from 'tap'
import { AppProcess } from '../support/app-process.js'
import { freshMulticastPort, memberKnown, nodeOptions, startCluster } from '../support/test-cluster.js'

const GROUP = '228.0.0.4'
const SECRET = { secret: 'a secret that whoever records does not know' }

const LOOPBACK = { address: '127.0.0.1' }

/** Somebody on the same network, who does not know the secret. */
class Recorder {
  readonly recording: Buffer[] = []
  readonly #socket: Socket = createSocket({ type: 'udp4', reuseAddr: true })
  readonly #port: number

  constructor(port: number) {
    this.#port = port
    this.#socket.on('message', bytes => void this.recording.push(bytes))
  }

  async open(): Promise<this> {
    this.#socket.bind({ address: GROUP, port: this.#port })
    await once(this.#socket, 'listening')
    for (const at of [undefined, '127.0.0.1'])
      try {
        this.#socket.addMembership(GROUP, at)
      } catch {
        // No network but loopback.
      }
    return this
  }

  /** Until so many have been recorded. */
  async listen(count: number): Promise<Buffer[]> {
    while (this.recording.length < count) await once(this.#socket, 'message')
    return [...this.recording]
  }

  async play(datagrams: readonly Buffer[]): Promise<void> {
    for (const bytes of datagrams)
      await new Promise<void>(resolve => this.#socket.send(bytes, this.#port, GROUP, () => resolve()))
  }

  close(): void {
    this.#socket.close()
  }
}

interface Inspected {
  readonly multicast: { readonly replayed: number; readonly forged: number; readonly shed: number }
  readonly transport: { readonly dials: number; readonly dialsFailed: number }
}

t.test(
  'a recorded conversation is played again, to those who had it and to those who had not: nothing happens',
  async t => {
    const port = freshMulticastPort()
    const recorder = await new Recorder(port).open()
    t.teardown(() => recorder.close())
    // Names so long that no ciphertext holds them by chance, as one holds two given bytes now and then.
    const [first, second] = ['recorded-first', 'recorded-second']
    const [n1, n2] = (await startCluster([first, second], SECRET, port)) as [AppProcess, AppProcess]
    t.teardown(() => Promise.all([n1, n2].map(app => app.destroy())))
    await recorder.listen(12)
    await n2.ask('stop')
    await n1.memberGone(second)
    const recording = await recorder.listen(recorder.recording.length)
    t.notOk(
      recording.some(bytes => bytes.includes(first) || bytes.includes(second) || bytes.includes('CLWD')),
      'it tells nothing',
    )

    const later = ['n3', 'n4'].map(name => new AppProcess(name, { cluster: nodeOptions(name, port, SECRET) }))
    t.teardown(() => Promise.all(later.map(app => app.destroy())))
    await Promise.all(later.map(app => app.started()))
    const [n3, n4] = later as [AppProcess, AppProcess]
    await Promise.all([memberKnown(n1, 'n3'), memberKnown(n1, 'n4'), memberKnown(n3, 'n4'), memberKnown(n4, 'n3')])
    const apps = [n1, n3, n4]
    for (const app of apps) app.forget()
    const before = await inspected(apps)

    const withoutGoodbyes = recording.slice(0, 12)
    for (const part of [withoutGoodbyes, [...recording].reverse(), recording, recording]) await recorder.play(part)
    // Each of them has heard all of it when what is played last counts as heard before.
    const played = 12 + 3 * recording.length
    await until(async () =>
      (await inspected(apps)).every((now, i) => now.multicast.replayed - before[i]!.multicast.replayed > played / 2),
    )

    const after = await inspected(apps)
    for (const [i, app] of apps.entries()) {
      t.strictSame(
        (await app.ask<string[]>('members')).sort(),
        ['n3', 'n4', first].filter(name => name !== app.name),
      )
      t.strictSame(
        app.messages.filter(({ type }) => type !== 'answer'),
        [],
        `${app.name}: no event, and no line above debug`,
      )
      t.match(after[i]!.multicast, { forged: 0, shed: 0 })
      const dials = after[i]!.transport.dials - before[i]!.transport.dials
      t.ok(dials <= 3, `${dials} dials, at most one a second and address`)
    }
  },
)

t.test(
  'on one group, members with another secret, another name or none of both do not see each other, and are told so',
  async t => {
    const port = freshMulticastPort()
    const given = {
      ours: SECRET,
      stranger: { secret: `${SECRET.secret}!` },
      dog: { ...SECRET, name: 'dogs' },
      open: {},
    }
    const apps = Object.entries(given).map(
      ([name, extra]) => new AppProcess(name, { cluster: nodeOptions(name, port, { ...extra, receiver: LOOPBACK }) }),
    )
    t.teardown(() => Promise.all(apps.map(app => app.destroy())))
    await Promise.all(apps.map(app => app.started()))
    await Promise.all(
      apps.map(app => app.logged(/that are made with another secret or with none, or for a cluster with another name/)),
    )
    for (const app of apps) t.strictSame(await app.ask('members'), [], app.name)
  },
)

function inspected(apps: readonly AppProcess[]): Promise<Inspected[]> {
  return Promise.all(apps.map(app => app.ask<Inspected>('inspect')))
}

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await new Promise(resolve => setTimeout(resolve, 20))
}
