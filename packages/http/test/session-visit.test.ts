import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import t from 'tap'
import { ReplicationValve, type ReplicationValveOptions } from '../src/index.js'
import { TestManager } from './support/test-manager.js'
import { SECRET } from './support/test-server.js'

function valveWith(options: Partial<ReplicationValveOptions> = {}) {
  const manager = new TestManager()
  return { manager, valve: new ReplicationValve({ manager }, { secrets: [SECRET], ...options }) }
}

function requestWith(setCookie?: string): IncomingMessage {
  const req = new IncomingMessage(new Socket())
  if (setCookie) req.headers.cookie = setCookie.split(';')[0]
  return req
}

/** A session with one attribute, and the cookie that names it. */
async function saved(valve: ReplicationValve): Promise<string> {
  const visit = await valve.visit(requestWith())
  visit.session!.naps = 1
  await visit.session!.save()
  return visit.setCookies()[0]!
}

t.test('a visit saves when told, and then has the cookie', async t => {
  const { manager, valve } = valveWith({ cookie: { maxAge: 60_000 }, jvmRoute: 'n1' })
  const visit = await valve.visit(requestWith())
  t.equal(visit.isKnown, false)
  visit.session!.naps = 1
  t.equal(manager.countOf('commit'), 0)
  await visit.session!.save()
  t.equal(visit.isKnown, true)
  t.match(
    visit.setCookies()[0],
    /^clowder\.sid=[\w-]+\.[\w-]+\.[\w-]{43}\.n1; Max-Age=60; Expires=[^;]+; Path=\/; HttpOnly; SameSite=Lax$/,
  )
  t.strictSame(manager.attributes(visit.session!.id), { naps: 1 })
})

t.test('save resolves when the change is acknowledged', async t => {
  const { manager, valve } = valveWith()
  const held = manager.holdNextCommit()
  const visit = await valve.visit(requestWith())
  let isSaved = false
  const saving = visit.session!.save().then(() => {
    isSaved = true
  })
  await new Promise(resolve => setImmediate(resolve))
  t.equal(isSaved, false)
  held.settle()
  await saving
})

t.test('a visit that only reads owes no cookie', async t => {
  const { valve } = valveWith()
  const cookie = await saved(valve)
  const visit = await valve.visit(requestWith(cookie))
  t.equal(visit.session!.naps, 1)
  t.strictSame(visit.setCookies(), [])
})

t.test('destroy takes the cookie away, and there is no session any more', async t => {
  const { valve } = valveWith()
  const cookie = await saved(valve)
  const visit = await valve.visit(requestWith(cookie))
  await visit.session!.destroy()
  t.equal(visit.isKnown, false)
  t.equal(visit.session, undefined)
  t.match(visit.setCookies()[0], /^clowder\.sid=; Max-Age=0/)
  t.equal(await valve.session(requestWith(cookie)), undefined)
})

t.test('regenerate: the cookie names the new session', async t => {
  const { valve } = valveWith()
  const cookie = await saved(valve)
  const visit = await valve.visit(requestWith(cookie))
  await visit.session!.regenerate()
  await visit.session!.save()
  t.match(visit.setCookies()[0], `clowder.sid=${visit.session!.id}.`)
  t.equal(await valve.session(requestWith(cookie)), undefined)
  t.equal((await valve.session(requestWith(visit.setCookies()[0])))?.id, visit.session!.id)
})

t.test('session gives what there is now, each time, and nothing to strangers', async t => {
  const { manager, valve } = valveWith({ saveUninitialized: true, filter: '.*' })
  t.equal(await valve.session(requestWith()), undefined)
  const req = requestWith(await saved(valve))
  const first = (await valve.session(req))!
  first.naps = 2
  await first.save()
  t.equal((await valve.session(req))?.naps, 2)
  manager.finding = 'dead'
  t.equal(await valve.session(req), undefined)
})

t.test('who has seen more than can be had is flagged, or refused', async t => {
  for (const whenStale of ['serve', 'refuse'] as const) {
    const { manager, valve } = valveWith({ whenStale })
    const req = requestWith(await saved(valve))
    manager.finding = 'behind'
    manager.loading = 'stale'
    if (whenStale === 'serve') t.equal((await valve.session(req))?.isStale, true)
    else await t.rejects(valve.session(req), { code: 'HTTP_STALE_SESSION' })
    t.equal(valve.statistics.nrOfStaleAnswers, whenStale === 'serve' ? 1 : 0)
    t.equal(valve.statistics.nrOfRefusedRequests, whenStale === 'serve' ? 0 : 1)
  }
})
