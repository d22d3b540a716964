import t from 'tap'
import { InsecureAddressError, OptionsError } from '../src/errors.js'
import type { ClusterOptions } from '../src/options/cluster-options.js'
import { optionTexts } from '../src/options/option-paths.js'
import { readOptions } from '../src/options/read-options.js'

const SECRET = 'a secret of at least thirty-two bytes'
const SHORT = 'hunter2-hunter2'

function problemsOf(options: unknown): OptionsError {
  try {
    readOptions(options as ClusterOptions)
  } catch (error) {
    if (error instanceof OptionsError) return error
    throw error
  }
  throw new Error('the options were accepted')
}

t.test('without options every default is in its place, and the cluster stays on this host', async t => {
  const settings = readOptions()
  t.match(settings, {
    name: 'clowder',
    distributable: true,
    insecure: false,
    membership: {
      multicast: true,
      address: '228.0.0.4',
      port: 45_564,
      frequency: 500,
      dropTime: 3000,
      bind: '127.0.0.1',
      members: [],
    },
    receiver: { address: '127.0.0.1', port: 4000, autoBind: 100 },
    sender: { timeout: 3000, maxRetryAttempts: 1 },
    manager: {
      maxInactiveInterval: 1800,
      maxActiveSessions: -1,
      acknowledge: 'backup',
      acknowledgeTimeout: 50,
      maxSessionBytes: 262_144,
    },
    valve: { whenStale: 'serve', cookie: { path: '/', httpOnly: true, secure: 'auto', sameSite: 'lax' } },
    stopOnSignal: false,
  })
})

/** As much of one as the options ask for. */
const formerStore = { get() {}, set() {}, destroy() {} }

t.test('every option has a meaning, what is allowed, and a default that the schema applies', async t => {
  const settings = readOptions({
    insecure: true,
    users: {},
    context: {},
    singleSignOn: {},
    migration: { store: formerStore },
  }) as unknown as Record<string, unknown>
  for (const { path, description, allowed, byDefault, isGroup } of optionTexts()) {
    t.match(description, /^[A-Z].*\.$/s, `${path} is described by sentences`)
    t.not(allowed, 'undefined', `${path} says what is allowed`)
    if (isGroup || path === 'insecure' || path === 'migration.store' || path.startsWith('tls.')) continue
    const value = path.split('.').reduce<unknown>((inside, step) => (inside as Record<string, unknown>)[step], settings)
    t.strictSame(value, byDefault, `${path} has its default`)
  }
})

t.test('all problems are told at once, each with its path, what was given and what is allowed', async t => {
  const error = problemsOf({
    nmae: 'shop',
    jvmRoute: 'node.1',
    secret: [SECRET, SHORT],
    membership: { frequency: 'fast', droptime: 1000, members: ['10.0.0.1:4000', 'no address!'], bind: '10.0.0.9' },
    receiver: 5,
    manager: { acknowledge: 'some', recordAllActions: true, maxSessionBytes: 1_048_576 },
    valve: { cookie: { sameSite: 'none', secure: false } },
    logger: { info() {} },
    users: { limit: 0, id: 'user', atribute: 'passport' },
    context: { merges: { tags: 1 } },
  })
  t.equal(error.code, 'CLOWDER_BAD_OPTIONS')
  const told = Object.fromEntries(error.problems.map(({ path, given, allowed }) => [path, `${given}; ${allowed}`]))
  t.strictSame(told, {
    nmae: 'there is no such option; did you mean name?',
    jvmRoute: 'given "node.1"; allowed: letters, digits, _ and -, at most 64',
    'secret[1]': 'given a text of 15 bytes; allowed: text of at least 32 bytes, or a list of up to 4 such texts',
    'membership.frequency': 'given "fast"; allowed: milliseconds, a whole number from 10 to 60000',
    'membership.droptime': 'there is no such option; did you mean membership.dropTime?',
    'membership.members[1]': "given \"no address!\"; allowed: a list of 'host' or 'host:port' (IPv6 as '[::1]:4000')",
    receiver: 'given 5; allowed: an object of options',
    'manager.acknowledge': "given \"some\"; allowed: 'async', 'backup' or 'all'",
    'manager.recordAllActions':
      'there is no such option; an attribute is sent as it is at the end of the request, whatever happened to it in between',
    'manager.maxSessionBytes':
      'given 1048576; must be at least 65536 less than receiver.maxFrameBytes (1048576), so that a session fits a frame',
    'valve.cookie.secure':
      "given false; must not be false with valve.cookie.sameSite 'none': browsers refuse such a cookie",
    logger: 'given an object; allowed: an object with debug, info, warn and error, or false',
    'membership.bind': 'given "10.0.0.9"; set secret, or leave it out, or use 127.0.0.1',
    'users.limit': 'given 0; allowed: a count, a whole number from 1 to 2147483648, or -1',
    'users.id': 'given "user"; allowed: a function',
    'users.atribute': 'there is no such option; did you mean users.attribute?',
    'context.merges.tags': 'given 1; allowed: an object of functions',
  })
  for (const line of Object.values(told)) t.ok(error.message.includes(line), `the message has: ${line}`)
})

const bad: [name: string, options: unknown, path: string, text: RegExp][] = [
  ['null', null, 'options', /an object of options/],
  ['a number that is none', { membership: { frequency: Number.NaN } }, 'membership.frequency', /given NaN/],
  ['a fraction', { membership: { frequency: 0.5 } }, 'membership.frequency', /whole number/],
  ['a text for a number', { receiver: { port: '4000' } }, 'receiver.port', /given "4000"; allowed: a port/],
  ['no port', { receiver: { port: 65_536 } }, 'receiver.port', /from 0 to 65535/],
  ['too many ports', { receiver: { port: 65_500 } }, 'receiver.autoBind', /beyond port 65535/],
  ['an unicast group', { membership: { address: '10.0.0.1' } }, 'membership.address', /224\.0\.0\.0/],
  [
    'a drop time of two heartbeats',
    { membership: { frequency: 500, dropTime: 1000 } },
    'membership.dropTime',
    /more than twice/,
  ],
  ['no way to find members', { membership: { multicast: false } }, 'membership.multicast', /members/],
  ['a queue shorter than a frame', { sender: { maxQueueBytes: 65_536 } }, 'sender.maxQueueBytes', /maxFrameBytes/],
  [
    'a pattern that is none',
    { manager: { sessionAttributeNameFilter: '(' } },
    'manager.sessionAttributeNameFilter',
    /regular expression/,
  ],
  ['a cookie name with a space', { valve: { cookie: { name: 'a b' } } }, 'valve.cookie.name', /letters/],
  [
    'a lifetime for ever, whose end is no date',
    { valve: { cookie: { maxAge: Number.MAX_SAFE_INTEGER } } },
    'valve.cookie.maxAge',
    /from 1 to 315360000000000, or null/,
  ],
  [
    'a __Host- cookie with a path',
    { valve: { cookie: { name: '__Host-sid', path: '/a' } } },
    'valve.cookie.name',
    /path '\/'/,
  ],
  [
    'a __Secure- cookie without secure',
    { valve: { cookie: { name: '__Secure-sid', secure: false } } },
    'valve.cookie.name',
    /secure/,
  ],
  ['a name that is too long', { name: 'x'.repeat(65) }, 'name', /1 to 64 bytes/],
  ['an empty name', { name: '' }, 'name', /1 to 64 bytes/],
  ['a payload that is too long', { membership: { payload: 'x'.repeat(513) } }, 'membership.payload', /at most 512/],
  ['no time for a lock, not even a free one', { valve: { lock: { timeout: 0 } } }, 'valve.lock.timeout', /from 1 to/],
  ['a signal that is none', { stopOnSignal: ['TERM'] }, 'stopOnSignal[0]', /SIGTERM/],
  ['a signal that nobody hears', { stopOnSignal: ['SIGTERM', 'SIGKILL'] }, 'stopOnSignal[1]', /can be caught/],
  ['the other one', { stopOnSignal: ['SIGSTOP'] }, 'stopOnSignal[0]', /can be caught/],
  ['a sign-on cookie with a space', { singleSignOn: { cookieName: 'a b' } }, 'singleSignOn.cookieName', /letters/],
  ['a domain that is none', { singleSignOn: { cookieDomain: 'a.b; c' } }, 'singleSignOn.cookieDomain', /domain name/],
  [
    'two cookies of one name',
    { singleSignOn: { cookieName: 'clowder.sid' } },
    'singleSignOn.cookieName',
    /is the name of valve\.cookie already/,
  ],
  [
    'the name of the cookie of before for an application',
    { valve: { connectSid: { secret: 'x' } }, applications: { a: { cookie: { name: 'connect.sid' } } } },
    'applications.a.cookie.name',
    /is the name of valve\.connectSid already/,
  ],
  [
    'a prefix that the sign-on cookie does not live up to',
    { singleSignOn: { cookieName: '__Host-sso', cookieDomain: 'a.example' } },
    'singleSignOn.cookieName',
    /__Host-/,
  ],
  ['an option in the wrong place', { dropTime: 5000 }, 'dropTime', /did you mean membership\.dropTime\?/],
  ['a group in the wrong letters', { Membership: {} }, 'Membership', /did you mean membership\?/],
  ["Tomcat's name for something", { channelSendOptions: 8 }, 'channelSendOptions', /use manager\.acknowledge/],
  [
    "Tomcat's name for a time in another unit",
    { manager: { sessionTimeout: 30 } },
    'manager.sessionTimeout',
    /maxInactiveInterval, in seconds/,
  ],
  ['a name of its own in the wrong place', { maxAge: 5 }, 'maxAge', /did you mean valve\.cookie\.maxAge\?/],
  ["express-session's name for something", { valve: { resave: true } }, 'valve.resave', /only what changed is saved/],
  [
    'a name like no other',
    { manager: { xyzzy: 1 } },
    'manager.xyzzy',
    /the options of manager are maxInactiveInterval,/,
  ],
]

t.test('one problem at a time', async t => {
  for (const [name, options, path, text] of bad) {
    const { problems, message } = problemsOf(options)
    t.strictSame(
      problems.map(p => p.path),
      [path],
      name,
    )
    t.match(message, text, name)
  }
})

t.test('a secret never appears in a message', async t => {
  const cases = [
    { secret: SHORT },
    { secret: [SHORT] },
    { secret: { key: SHORT } },
    { secret: 7_654_321 },
    { secrets: SHORT },
    { secret: [[SHORT]] },
  ]
  for (const options of cases) {
    const { message, problems } = problemsOf(options)
    t.notMatch(message + JSON.stringify(problems), /hunter2|7654321/)
  }
  const fromEnvironment = () => readOptions({}, { CLOWDER_SECRET: SHORT })
  t.throws(fromEnvironment, { code: 'CLOWDER_BAD_OPTIONS', message: /^(?!.*hunter2).*15 bytes/s })
  t.throws(fromEnvironment, { message: /^(?!.*secret\[0\]).*CLOWDER_SECRET:? .*15 bytes/s })
  const second = () => readOptions({}, { CLOWDER_SECRET: `${SECRET},${SHORT}` })
  t.throws(second, { message: /CLOWDER_SECRET \(secret 2, behind a comma\)/ })
})

t.test('secrets come from the options, else from the environment', async t => {
  t.strictSame(readOptions({ secret: SECRET }).secret, [SECRET])
  t.strictSame(readOptions({}, { CLOWDER_SECRET: `${SECRET},${SECRET}2` }).secret, [SECRET, `${SECRET}2`])
  t.strictSame(readOptions({ secret: SECRET }, { CLOWDER_SECRET: `${SECRET}2` }).secret, [SECRET])
  t.equal(readOptions({}, { CLOWDER_SECRET: '' }).secret, undefined)
})

t.test('an address that leaves this host needs a secret, or insecure', async t => {
  const open: ClusterOptions[] = [
    { receiver: { address: '0.0.0.0' } },
    { receiver: { address: 'app.example' } },
    { receiver: { advertisedAddress: '192.168.1.5' } },
    { membership: { bind: '192.168.1.5' } },
    { membership: { members: ['127.0.0.1:4001', '10.0.0.2:4000'] } },
    { membership: { members: ['[fe80::1]:4000'] } },
  ]
  for (const options of open) {
    t.throws(() => readOptions(options), InsecureAddressError, JSON.stringify(options))
    t.doesNotThrow(() => readOptions({ ...options, secret: SECRET }))
    t.doesNotThrow(() => readOptions(options, { CLOWDER_SECRET: SECRET }))
    t.doesNotThrow(() => readOptions({ ...options, insecure: true }))
    t.doesNotThrow(() => readOptions({ ...options, distributable: false }))
  }
  t.throws(() => readOptions(open[0]), {
    code: 'CLOWDER_INSECURE_ADDRESS',
    message: /npx clowder secret.*insecure: true.*receiver\.address.*set secret/s,
  })
  const loopback = {
    receiver: { address: '127.0.0.2' },
    membership: { bind: '::1', members: ['localhost', '[::1]:4000'] },
  }
  t.match(readOptions(loopback), loopback)
})

t.test('with a secret, or insecure, others can reach a member; without one nobody can', async t => {
  for (const options of [{ secret: SECRET }, { insecure: true }]) {
    const { receiver, membership } = readOptions(options)
    t.equal(receiver.address, 'auto')
    t.equal(membership.bind, undefined)
  }
  t.equal(readOptions().receiver.address, '127.0.0.1')
})

t.test('patterns match the whole text and do not remember their last match', async t => {
  const { sessionAttributeNameFilter: filter } = readOptions({
    manager: { sessionAttributeNameFilter: /user|cart/g },
  }).manager
  t.ok(filter?.test('cart'))
  t.ok(filter?.test('cart'))
  t.notOk(filter?.test('shopping-cart'))
  t.ok(readOptions({ manager: { sessionAttributeNameFilter: 'a.*' } }).manager.sessionAttributeNameFilter?.test('abc'))
})

t.test('white space around a secret is no part of it, wherever it was given', async t => {
  t.strictSame(readOptions({ secret: `${SECRET}\n` }).secret, [SECRET])
  t.strictSame(readOptions({}, { CLOWDER_SECRET: ` ${SECRET} ,\t${SECRET}2\n` }).secret, [SECRET, `${SECRET}2`])
  t.throws(() => readOptions({ secret: 'short'.padEnd(40) }), { code: 'CLOWDER_BAD_OPTIONS' })
})
