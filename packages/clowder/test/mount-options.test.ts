import type { IncomingMessage } from 'node:http'
import t from 'tap'
import { type Cluster, createCluster, OptionsError } from '../src/index.js'
import { readMountOptions } from '../src/options/mount-options.js'
import { readOptions } from '../src/options/read-options.js'
import { createTestCluster } from '../src/testing/index.js'

const settings = readOptions({
  valve: { rolling: true, acknowledge: 'all', cookie: { name: 'shop.sid', maxAge: 60_000 } },
})

function problemsOf(options: unknown): string[] {
  try {
    readMountOptions(options as never, settings)
  } catch (error) {
    if (error instanceof OptionsError) return error.message.split('\n').slice(1)
    throw error
  }
  return []
}

t.test('a mount has what it was given, and of a cookie the rest as the cluster has it', async t => {
  const own = readMountOptions({ whenStale: 'refuse', acknowledge: undefined, cookie: { priority: 'high' } }, settings)
  t.strictSame(Object.keys(own).sort(), ['cookie', 'whenStale'])
  t.match(own, { whenStale: 'refuse', cookie: { name: 'shop.sid', maxAge: 60_000, priority: 'high' } })
})

t.test('a function in place of the cookie is cookieFor', async t => {
  const settingsOf = () => ({ maxAge: 5 })
  t.strictSame(readMountOptions({ cookie: settingsOf }, settings), { cookieFor: settingsOf })
})

t.test('of locks as well: all but the lease, which all mounts and members have in common', async t => {
  const { valve } = readOptions({ valve: { lock: { timeout: 50, whenTimedOut: 'open' } } })
  const own = readMountOptions({ lock: { mode: 'all' } }, { ...settings, valve })
  t.match(own, { lock: { mode: 'all', timeout: 50, whenTimedOut: 'open' } })
  t.strictSame(problemsOf({ lock: { mode: 'uriPattern' } }), [
    "  lock.mode: given 'uriPattern'; needs lock.uriPattern: which paths take the lock",
  ])
  t.match(problemsOf({ lock: { lease: 100 } }), [
    /^ {2}lock\.lease: given 100; leave it out: all members have one, 3000/,
  ])
  t.strictSame(problemsOf({ lock: { lease: 3000 } }), [])
})

t.test('all that is wrong with the options of a mount is told at once', async t => {
  t.strictSame(
    problemsOf({
      acknowledge: 'some',
      genid: 'uuid',
      resave: false,
      name: 'sid',
      secret: 'x',
      rollling: true,
      maxInactiveInterval: 60,
      sessionTimeout: 30,
      cookie: { maxAge: -1, expires: new Date(), sameSite: 'Lax' },
      connectSid: { secret: '' },
    }).sort(),
    [
      "  acknowledge: given \"some\"; allowed: 'async', 'backup' or 'all'",
      '  connectSid.secret: given a text of 0 bytes; allowed: text or bytes, or a list of such',
      '  cookie.expires: there is no such option; a date would be over one day; use cookie.maxAge (milliseconds)',
      '  cookie.maxAge: given -1; allowed: milliseconds, a whole number from 1 to 315360000000000, or null',
      "  cookie.sameSite: given \"Lax\"; allowed: 'lax', 'strict', 'none', 'auto', true or false",
      '  genid: given "uuid"; allowed: a function',
      '  maxInactiveInterval: there is no such option; did you mean manager.maxInactiveInterval? (in the options of createCluster)',
      '  name: there is no such option; use cookie.name',
      '  resave: there is no such option; leave it out: only what changed is saved, and parallel requests do not undo each other',
      '  rollling: there is no such option; did you mean rolling?',
      '  secret: there is no such option; secret is an option of createCluster, not of valve or of a mount',
      '  sessionTimeout: there is no such option; use manager.maxInactiveInterval, in seconds (sessionTimeout of Tomcat is in minutes), or cookie.maxAge, in milliseconds, which also limits the life of the cookie (in the options of createCluster)',
    ],
  )
  t.strictSame(problemsOf(7), ['  options: given 7; allowed: an object of options'])
  t.strictSame(problemsOf({ cookie: 'sid', connectSid: [] }), [
    '  cookie: given "sid"; allowed: an object of options; a function is for cookieFor, and may stand here in the options of a mount',
    '  connectSid: given a list of 0; allowed: an object of options',
  ])
})

t.test('an option of the cluster is told from one that is misspelt', async t => {
  const given = {
    jvmRoute: 'n1',
    jvmroute: 'n1',
    users: {},
    valve: { rolling: true },
    fitler: /x/,
    lock: { mod: 'all' },
  }
  t.strictSame(problemsOf(given).sort(), [
    '  fitler: there is no such option; did you mean filter?',
    '  jvmRoute: there is no such option; jvmRoute is an option of createCluster, not of a mount',
    '  jvmroute: there is no such option; did you mean jvmRoute? (in the options of createCluster)',
    '  lock.mod: there is no such option; did you mean lock.mode?',
    '  users: there is no such option; users is an option of createCluster, not of a mount',
    '  valve: there is no such option; a mount has the options of this group themselves',
  ])
})

t.test('what contradicts the rest of the cluster is refused as well', async t => {
  t.match(problemsOf({ cookie: { sameSite: 'none', secure: false, partitioned: true } }), [
    /cookie\.secure: given false; must not be false with cookie\.sameSite/,
    /cookie\.secure: given false; must not be false with cookie\.partitioned/,
  ])
  t.match(problemsOf({ connectSid: { secret: 'x', name: 'shop.sid' } }), [
    /connectSid\.name: given 'shop\.sid'; must not be cookie\.name/,
  ])
})

t.test('a mount of a real cluster refuses at once what is wrong', async t => {
  const cluster = await createCluster({ distributable: false, logger: false })
  t.teardown(() => cluster.stop())
  t.throws(() => cluster.express({ whenStale: 'never' as never }), { code: 'CLOWDER_BAD_OPTIONS' })
  t.throws(() => cluster.nodeHttp(() => {}, { cookie: { path: 'x' } }), { code: 'CLOWDER_BAD_OPTIONS' })
})

type Attributes = Record<string, unknown>

t.test('on two nodes, a session made by a mount of its own is found with its cookie settings by the other', async t => {
  const app = (cluster: Cluster) =>
    cluster.nodeHttp(
      (req: IncomingMessage, res) => {
        const session = req.session as unknown as Attributes
        if (req.url === '/in') session.user = 'ada'
        if (req.url === '/more') session.more = true
        res.end(String(session.user))
      },
      { cookie: () => ({ maxAge: 60_000 }), genid: () => `id-${cluster.name}` },
    )
  const cluster = await createTestCluster(2, { app })
  t.teardown(() => cluster.stop())
  const browser = cluster.browser()
  await browser.get(0, '/in')
  await cluster.converged()
  const answer = await browser.get(1, '/more')
  t.equal(answer.text, 'ada')
  t.match(answer.setCookies, [/^clowder\.sid=id-.*; Max-Age=60;/])
})
