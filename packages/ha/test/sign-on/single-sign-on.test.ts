import t from 'tap'
import { DeltaManager, type DeltaManagerOptions, deltaManagerDefaults, SingleSignOn } from '../../src/index.js'
import { textHash } from '../../src/state/state-hash.js'
import { managerOf } from '../../src/wire/message-codec.js'
import { TestNode } from '../support/delta-cluster.js'
import { jsonCodec } from '../support/json-codec.js'
import { MemoryCluster } from '../support/memory-cluster.js'
import { startUsers } from '../support/user-cluster.js'

const ADA = { principal: { name: 'ada' }, authType: 'FORM' }

/** A node with one application that takes part in single sign-on. */
class SignOnNode extends TestNode {
  readonly entries: DeltaManager
  readonly signOn: SingleSignOn

  constructor(cluster: MemoryCluster, name: string, options: Partial<DeltaManagerOptions>) {
    super(cluster, name, { maxInactiveInterval: 600, ...options })
    const { clock, random } = this.channel
    const components = { clock, random, logger: this.logger, codec: jsonCodec, channel: this.channel }
    this.entries = new DeltaManager(components, { ...deltaManagerDefaults, name: 'sign-on', maxInactiveInterval: 600 })
    this.signOn = new SingleSignOn({ ...components, entries: this.entries })
    this.signOn.include(this.manager)
  }

  override async up(): Promise<void> {
    this.entries.start()
    await super.up()
  }

  logIn() {
    const session = this.manager.createSession()
    const entry = this.signOn.logIn(session, ADA)
    this.manager.requestCompleted(session)
    return { id: session.id, entry }
  }

  takePart(entry: string) {
    const session = this.manager.createSession()
    const isIn = this.signOn.takePart(session, entry)
    this.manager.requestCompleted(session)
    return { id: session.id, isIn, principal: session.getProperty('principal') }
  }
}

async function started(options: Partial<DeltaManagerOptions> = {}) {
  const cluster = new MemoryCluster(1)
  const nodes = ['a', 'b', 'c'].map(name => new SignOnNode(cluster, name, options))
  for (const node of nodes) await node.up()
  await cluster.time.advance(10)
  await cluster.time.until(Promise.all(nodes.flatMap(node => [node.manager.join(), node.entries.join()])))
  const [a, b, c] = nodes as [SignOnNode, SignOnNode, SignOnNode]
  const advance = (ms: number) => cluster.time.advance(ms)
  const isolate = async (node: SignOnNode) => {
    for (const other of nodes) if (other !== node) cluster.cut(node.channel, other.channel)
    await advance(5_000)
  }
  return { cluster, nodes, a, b, c, advance, isolate }
}

t.test('who has just logged in elsewhere is asked for', async t => {
  const { a, b, cluster, advance } = await started()
  const { entry } = a.logIn()
  t.notOk(b.takePart(entry).isIn)
  await cluster.time.until(Promise.resolve(b.signOn.fetch(entry)))
  t.ok(b.takePart(entry).isIn)
  t.equal(b.signOn.fetch(entry), undefined)
  void a.signOn.logOut(entry)
  await advance(100)
  t.equal(b.signOn.fetch(entry), undefined, 'an end is known')
  await cluster.time.until(Promise.resolve(b.signOn.fetch('of nobody'.padEnd(32, '-'))))
  t.notOk(b.takePart('of nobody'.padEnd(32, '-')).isIn)
})

t.test('an entry that nobody has is asked for once in ten seconds, and found as soon as it is here', async t => {
  const { a, c, cluster, advance, isolate } = await started()
  await isolate(c)
  const { entry } = a.logIn()
  const asked = c.signOn.fetch(entry)
  t.ok(asked)
  await cluster.time.until(Promise.resolve(asked))
  t.equal(c.signOn.fetch(entry), undefined)
  await advance(9_000)
  t.equal(c.signOn.fetch(entry), undefined)
  await advance(1_500)
  t.ok(c.signOn.fetch(entry))
  await advance(1_000)
  cluster.heal()
  await advance(5_000)
  t.ok(c.takePart(entry).isIn)
})

t.test('a session takes part on any node, and ends with the others', async t => {
  const { cluster, a, b, c, nodes, advance } = await started()
  const { id, entry } = a.logIn()
  await advance(10)
  const second = b.takePart(entry)
  t.match(second, { isIn: true, principal: { name: 'ada' } })
  await advance(10)
  t.equal(await cluster.time.until(c.signOn.logOut(entry)), 'held')
  for (const node of nodes) t.strictSame([node.standing(id), node.standing(second.id)], ['dead', 'dead'])
  t.match(a.takePart(entry), { isIn: false, principal: undefined })
  t.equal(await a.signOn.logOut(entry), 'held', 'once more')
})

for (const [what, lost] of [
  ['the end of the login finds a session', 'default'],
  ['a session finds the end of its login', 'sign-on'],
] as const)
  t.test(`after a cut, whichever comes first: ${what}`, async t => {
    const { cluster, a, c, advance, isolate } = await started()
    const { entry } = a.logIn()
    await advance(10)
    await isolate(c)
    const { id } = c.takePart(entry)
    await advance(1_000)
    void a.signOn.logOut(entry)
    cluster.filter = body => managerOf(body) !== textHash(lost)
    cluster.heal()
    await advance(10_000)
    t.equal(c.standing(id), 'dead')
  })

t.test(
  'who logs in anew leaves the former login with the commit, not before: other nodes would end the session',
  async t => {
    const { a, b, nodes, advance } = await started()
    const { id, entry } = a.logIn()
    await advance(10)
    const other = b.takePart(entry)
    await advance(10)
    const session = a.open(id)
    a.signOn.logIn(session, { principal: { name: 'eve' }, authType: undefined })
    const renamed = session.changeSessionId()
    await advance(1_000)
    a.manager.requestCompleted(session)
    await advance(1_000)
    for (const node of nodes) {
      t.strictSame(node.open(renamed).getProperty('principal'), { name: 'eve' })
      t.strictSame([node.standing(id), node.standing(other.id)], ['dead', 'dead'])
    }
  },
)

t.test('a session that is ended where nobody holds it ends its login all the same', async t => {
  const { a, nodes, advance } = await started({ copies: 1, notifySessionListenersOnReplication: false })
  const { id, entry } = a.logIn()
  await advance(3_000)
  const guest = nodes.find(node => node.stateOf(id) === undefined)!
  guest.manager.expireSession(id)
  await advance(1_000)
  for (const node of nodes) t.notOk(node.takePart(entry).isIn)
})

t.test(
  'and so does one that is ended where it has not arrived yet, whoever of those that have it hears of that first',
  async t => {
    const { a, b, c, nodes, advance } = await started()
    for (const [maker, killer] of [
      [a, b],
      [b, c],
      [c, a],
    ] as const)
      for (let n = 0; n < 3; n++) {
        const { id, entry } = maker.logIn()
        killer.manager.expireSession(id)
        await advance(1_000)
        for (const node of nodes) t.notOk(node.takePart(entry).isIn)
      }
  },
)

t.test('a login whose user is ended altogether before it is committed leaves no entry either', async t => {
  const { a, advance, until } = await startUsers(['a'])
  const { clock, random } = a.channel
  const components = { clock, random, logger: a.logger, codec: jsonCodec, channel: a.channel }
  const entries = new DeltaManager(components, { ...deltaManagerDefaults, name: 'sign-on' })
  entries.start()
  const signOn = new SingleSignOn({ ...components, entries })
  signOn.include(a.manager)
  const session = a.manager.createSession()
  const entry = signOn.logIn(session, ADA)
  session.setAttribute('user', 'ada')
  await advance(10)
  await until(a.users.endAll('ada'))
  a.manager.requestCompleted(session)
  t.equal(a.standing(session.id), 'dead')
  t.notOk(signOn.takePart(a.manager.createSession(), entry))
})

for (const why of ['whose lock has been lost', 'of a request that may only read'])
  t.test(`a login ${why} is none, and leaves the former one as it was`, async t => {
    const { cluster, a, b, nodes, advance } = await started()
    const { id, entry } = a.logIn()
    await advance(10)
    const other = b.takePart(entry)
    await advance(10)
    const session = a.open(id)
    session.lock = await cluster.time.until(a.manager.locks.lock(id, 1_000))
    session.isReadOnly = why.endsWith('read')
    a.signOn.logIn(session, { principal: { name: 'eve' }, authType: undefined })
    if (session.isReadOnly) t.equal(a.manager.requestCompleted(session).refused.length, 3)
    else {
      session.lock!.lost()
      t.throws(() => a.manager.requestCompleted(session), { code: 'HA_SESSION_LOCK_LOST' })
    }
    await advance(1_000)
    for (const node of nodes) {
      t.strictSame([node.standing(id), node.standing(other.id)], ['here', 'here'])
      t.strictSame(node.open(id).getProperty('principal'), { name: 'ada' })
    }
  })

t.test('the login lives as long as the session that may be idle longest', async t => {
  const { a, b, advance } = await started()
  const short = a.manager.createSession()
  short.maxInactiveInterval = 60
  const entry = a.signOn.logIn(short, ADA)
  a.manager.requestCompleted(short)
  await advance(10)
  const long = b.takePart(entry)
  await advance(300_000)
  t.equal(a.manager.inspect().sessions, 1)
  t.ok(a.takePart(entry).isIn)
  t.equal(b.standing(long.id), 'here')
  await advance(2_000_000)
  t.equal(a.entries.inspect().sessions, 0)
})

t.test('a login into a session that has ended meanwhile is refused, and leaves no entry', async t => {
  const { a } = await started()
  const { id } = a.logIn()
  const session = a.open(id)
  a.manager.expireSession(id)
  t.throws(() => a.signOn.logIn(session, ADA), { code: 'HA_SESSION_INVALIDATED' })
  t.equal(a.entries.inspect().sessions, 0)
})

t.test('a principal that is too large is refused, and leaves no entry', async t => {
  const { a } = await started()
  const session = a.manager.createSession()
  const huge = { principal: 'x'.repeat(300_000), authType: undefined }
  t.throws(() => a.signOn.logIn(session, huge), { code: 'HA_SESSION_TOO_LARGE' })
  t.equal(session.getProperty('principal'), undefined)
  t.equal(a.entries.inspect().sessions, 0)
})

t.test('bytes of another node that name no login are as good as none', async t => {
  const { a, b, advance } = await started()
  const session = a.manager.createSession()
  session.setProperty('signOn', { not: 'text' })
  a.manager.requestCompleted(session)
  await advance(10)
  t.equal(b.standing(session.id), 'here')
  t.equal(b.signOn.entryOf(b.open(session.id)), undefined)
})
