import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { member, newUniqueId } from '@clowder/tribes'
import t from 'tap'
import { clusterLogger, type LogRecord } from '../src/log/cluster-logger.js'
import type { ClusterOptions } from '../src/options/cluster-options.js'
import { readOptions } from '../src/options/read-options.js'

const AT = new Date(2026, 0, 2, 12, 0, 1, 123).getTime()

function written(options: ClusterOptions = {}, environment: Record<string, string> = {}, isTTY = false) {
  const lines: string[] = []
  const components = {
    environment,
    stream: { write: (line: string) => lines.push(line), isTTY },
    wallTime: () => AT,
    label: () => 'shop[n1]',
  }
  return { lines, log: clusterLogger(components, readOptions({ name: 'shop', ...options })) }
}

t.test('without a logger each record is one line', async t => {
  const { lines, log } = written()
  log.info({}, 'Replication member added:[n2 tcp://127.0.0.1:4001]')
  log.warn({ err: new Error('no route\nto host') }, 'sending failed')
  log.error({ err: new Error('told') }, 'it was told')
  log.debug({}, 'not this one')
  t.strictSame(lines, [
    '12:00:01.123 INFO  shop[n1] Replication member added:[n2 tcp://127.0.0.1:4001]\n',
    '12:00:01.123 WARN  shop[n1] sending failed (no route to host)\n',
    '12:00:01.123 ERROR shop[n1] it was told\n',
  ])
})

t.test('a name from elsewhere neither begins a line of its own nor commands the terminal', async t => {
  const { lines, log } = written()
  log.info({}, 'refused n1\r12:00 INFO all is well \u001b[2J\u009b1A\u2028 at 10.0.0.9')
  t.strictSame(lines, [
    '12:00:01.123 INFO  shop[n1] refused n1\\u000d12:00 INFO all is well \\u001b[2J\\u009b1A\\u2028 at 10.0.0.9\n',
  ])
})

t.test('a message that quotes a million spaces is written at once', async t => {
  const { lines, log } = written()
  log.info({}, `no such name: "${' '.repeat(1_000_000)}"`)
  log.info({ err: new Error(`\n no such name:\n\n  "${' '.repeat(1_000_000)}\n"`) }, 'failed')
  t.match(lines[0], /no such name: " {1000000}"\n$/)
  t.match(lines[1], / failed \( no such name: " "\)\n$/)
})

t.test('colours only on a terminal, and never with NO_COLOR', async t => {
  const inColour = written({}, {}, true)
  inColour.log.info({}, 'x')
  t.match(inColour.lines[0], '\u001b[32mINFO \u001b[39m')
  const plain = written({}, { NO_COLOR: '1' }, true)
  plain.log.info({}, 'x')
  t.equal(plain.lines[0], '12:00:01.123 INFO  shop[n1] x\n')
})

t.test('logLevel filters, and DEBUG=clowder lowers it', async t => {
  const quiet = written({ logLevel: 'error' })
  quiet.log.warn({}, 'x')
  t.strictSame(quiet.lines, [])
  for (const DEBUG of ['clowder', 'express,clowder:*', '*']) {
    const { lines, log } = written({}, { DEBUG })
    log.debug({}, 'x')
    t.equal(lines.length, 1, DEBUG)
  }
  const other = written({}, { DEBUG: 'express' })
  other.log.debug({}, 'x')
  t.strictSame(other.lines, [])
})

function recorder() {
  const calls: unknown[][] = []
  const at =
    (level: string) =>
    (...parameters: unknown[]) =>
      calls.push([level, ...parameters])
  return { calls, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

t.test("an application's logger gets (fields, message), members without their bytes", async t => {
  const logger = recorder()
  const { lines, log } = written({ logger })
  const uniqueId = newUniqueId({ fill: bytes => bytes.fill(7), below: () => 0 })
  const n2 = member({
    uniqueId,
    host: '127.0.0.1',
    port: 4001,
    name: 'n2',
    domain: '',
    payload: new Uint8Array(),
    aliveMs: 0,
  })
  log.info({ member: n2, suspicion: 'silent' }, 'gone')
  log.warn({ member: 'a name' }, 'unknown')
  t.strictSame(logger.calls, [
    [
      'info',
      { suspicion: 'silent', member: { name: 'n2', host: '127.0.0.1', port: 4001, id: '07'.repeat(16) } },
      'gone',
    ],
    ['warn', { member: 'a name' }, 'unknown'],
  ])
  t.strictSame(lines, [])
})

t.test('console gets a line', async t => {
  const console = { ...recorder(), table() {}, dir() {}, group() {}, trace() {} }
  written({ logger: console }).log.warn({ err: new Error('why') }, 'text')
  t.strictSame(console.calls, [['warn', 'shop[n1] text (why)']])
})

t.test('clowder:log publishes every record, whatever the logger and its level', async t => {
  const records: unknown[] = []
  const listener = (record: unknown) => void records.push(record)
  subscribe('clowder:log', listener)
  t.teardown(() => unsubscribe('clowder:log', listener))
  written({ logger: false }).log.debug({ n: 1 }, 'text')
  t.strictSame(records, [{ level: 'debug', message: 'text', fields: { n: 1 }, name: 'shop' } satisfies LogRecord])
})

t.test(
  'what a logger throws, or rejects with, ends nothing: the record is a line, the first time with the reason',
  async t => {
    const cycle = { self: {} }
    cycle.self = cycle
    const asJson = (fields: object, text: string) => void JSON.stringify({ fields, text })
    const rejecting = async () => Promise.reject(new Error('disk full'))
    const { lines, log } = written({ logger: { debug: asJson, info: asJson, warn: rejecting, error: asJson } })
    log.info({}, 'taken')
    log.error({ err: cycle }, 'a listener failed')
    log.warn({}, 'gone')
    await new Promise(setImmediate)
    t.match(lines, [
      /ERROR shop\[n1\] The logger of the options has failed\. .* \(Converting circular structure/,
      /ERROR shop\[n1\] a listener failed\n$/,
      /WARN {2}shop\[n1\] gone\n$/,
    ])
    t.equal(lines.length, 3)
  },
)
