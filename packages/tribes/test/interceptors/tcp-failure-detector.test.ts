import t from 'tap'
import type { Above } from '../../src/channel-interceptor.js'
import { USE_ACK } from '../../src/channel-message.js'
import { Delivery } from '../../src/delivery.js'
import { TribesError } from '../../src/errors.js'
import { TcpFailureDetector, type TcpFailureDetectorOptions } from '../../src/interceptors/tcp-failure-detector.js'
import { HandshakeRefusedError, MemberUnreachableError } from '../../src/transport/errors.js'
import { GroupBottom, testMember } from '../support/group-bottom.js'
import { GroupLog } from '../support/group-log.js'
import { VirtualClock } from '../support/virtual-clock.js'

const cat = testMember('cat', 2)
const REFUSED = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
const NO_ANSWER = new TribesError('TRIBES_NO_ANSWER', 'did not answer')
const REPLACED = new HandshakeRefusedError(cat, 'other incarnation', 'x')

function detector(options?: TcpFailureDetectorOptions) {
  const clock = new VirtualClock()
  const logger = new GroupLog()
  const bottom = new GroupBottom()
  const events: string[] = []
  const above: Above = {
    messageReceived: () => {},
    memberAdded: m => void events.push(`added ${m.name}`),
    memberDisappeared: m => void events.push(`disappeared ${m.name}`),
    memberSuspected: m => void events.push(`suspected ${m.name}`),
    memberCaughtUp: () => {},
    incarnationChanged: () => {},
  }
  const layer = new TcpFailureDetector({ clock, logger }, options)
  layer.connect(bottom, above)
  const next = async (end: 'answer' | Error) => {
    const question = bottom.questions.shift()!
    if (end === 'answer') question.answer()
    else question.fail(end)
    await clock.advance(0)
  }
  const verified = async () => {
    layer.memberAdded(cat)
    await next('answer')
    events.length = 0
  }
  return { clock, logger, bottom, events, layer, next, verified }
}

function failedSend(layer: TcpFailureDetector, code: string): void {
  const delivery = new Delivery([cat])
  layer.sendMessage({ number: 1, options: USE_ACK, body: new Uint8Array(1), source: testMember('local', 1) }, delivery)
  delivery.failed(cat, new TribesError(code, 'did not work'))
}

t.test('every message goes on its way, whether or not its outcome is looked at', t => {
  for (const performSendTest of [true, false]) {
    const { layer, bottom } = detector({ performSendTest })
    failedSend(layer, 'TRIBES_ACK_TIMEOUT')
    t.equal(bottom.sent.length, 1)
  }
  t.end()
})

t.test('an announced member is added when it has answered, not before', async t => {
  const { layer, events, next } = detector()
  layer.memberAdded(cat)
  t.strictSame(events, [])
  await next('answer')
  t.strictSame(events, ['added cat'])
})

t.test(
  'a member that cannot be reached is not added, is asked again after a back-off, and earns one warning',
  async t => {
    const { layer, events, next, clock, bottom, logger } = detector()
    layer.memberAdded(cat)
    for (const delayMs of [100, 200, 400, 500, 500, 500]) {
      await next(REFUSED)
      await clock.advance(delayMs - 1)
      t.equal(bottom.questions.length, 0, `${delayMs} ms: not yet`)
      await clock.advance(1)
      t.equal(bottom.questions.length, 1, `${delayMs} ms: asked`)
    }
    t.equal(logger.lines.filter(line => line.startsWith('warn')).length, 1)
    await next('answer')
    t.strictSame(events, ['added cat'])
  },
)

t.test(
  'a member that announces itself again is asked at once, and not again when its turn would have come',
  async t => {
    const { layer, next, clock, bottom } = detector()
    layer.memberAdded(cat)
    await next(REFUSED)
    layer.memberAdded(cat)
    t.equal(bottom.questions.length, 1)
    await next('answer')
    await clock.advance(1000)
    t.equal(bottom.questions.length, 0)
  },
)

t.test('after removeSuspectsTimeout a member that was never reached is given up', async t => {
  const { layer, events, next, clock, bottom } = detector({ removeSuspectsTimeout: 1000 })
  layer.memberAdded(cat)
  await next(REFUSED)
  await clock.advance(1000)
  await next(REFUSED)
  t.strictSame(bottom.excluded, [{ member: cat, reason: REFUSED }])
  t.strictSame(events, [])
  t.equal(clock.pendingTimers, 0)
})

t.test('a goodbye is believed without a question', async t => {
  const { layer, events, verified, bottom } = detector()
  await verified()
  layer.memberDisappeared(cat)
  t.strictSame(events, ['disappeared cat'])
  t.equal(bottom.questions.length, 0)
})

t.test('a suspect that answers stays', async t => {
  for (const suspicion of ['silent', 'connection-closed', 'address-taken'] as const) {
    const { layer, events, verified, next, bottom, logger } = detector()
    await verified()
    layer.memberSuspected(cat, suspicion)
    await next('answer')
    t.strictSame(events, [])
    t.strictSame(bottom.excluded, [])
    t.ok(logger.has('Received memberDisappeared[cat tcp://10.0.0.2:4000] message. Will verify.'))
    t.ok(logger.has('Verification complete. Member still alive[cat tcp://10.0.0.2:4000]'))
  }
})

t.test('a suspect is gone, above and below, when its machine refuses, or another incarnation is there', async t => {
  for (const proof of [REFUSED, REPLACED, new MemberUnreachableError(cat, REFUSED)]) {
    const { layer, events, verified, next, bottom, logger } = detector()
    await verified()
    layer.memberSuspected(cat, 'silent')
    await next(proof)
    t.strictSame(events, ['disappeared cat'])
    t.strictSame(bottom.excluded, [{ member: cat, reason: proof }])
    t.ok(logger.has('Verification complete. Member disappeared[cat tcp://10.0.0.2:4000]'))
    t.strictSame(layer.stats, { suspected: 1, refuted: 0, excluded: 1 })
  }
})

t.test('a refusal for which the member must be there is no proof that it is not', async t => {
  const { layer, events, verified, next, bottom, clock } = detector()
  await verified()
  layer.memberSuspected(cat, 'connection-closed')
  await next(new HandshakeRefusedError(cat, 'duplicate', 'there is a connection already'))
  t.strictSame([events, bottom.excluded], [[], []])
  await clock.advance(100)
  t.equal(bottom.questions.length, 1, 'it is asked again')
})

t.test('no answer in time is no proof: the suspect is asked again until it answers', async t => {
  const { layer, events, verified, next, clock, bottom } = detector()
  await verified()
  layer.memberSuspected(cat, 'connection-closed')
  for (const delayMs of [100, 200, 400, 500, 500]) {
    await next(NO_ANSWER)
    await clock.advance(delayMs - 1)
    t.equal(bottom.questions.length, 0)
    layer.memberSuspected(cat, 'silent')
    t.equal(bottom.questions.length, 0, 'another doubt does not hurry it')
    await clock.advance(1)
  }
  await next('answer')
  t.strictSame(events, [])
  t.strictSame(layer.stats, { suspected: 1, refuted: 1, excluded: 0 })
  t.equal(clock.pendingTimers, 0)
  layer.memberSuspected(cat, 'silent')
  await next(NO_ANSWER)
  await clock.advance(100)
  t.equal(bottom.questions.length, 1, 'the next doubt begins with the shortest back-off')
})

t.test('a suspect is gone at once when the layers below have lost patience, whatever was asked', async t => {
  for (const verdict of ['lost', 'unreachable'] as const) {
    const { layer, events, verified, next, bottom, clock } = detector()
    await verified()
    layer.memberSuspected(cat, 'silent')
    layer.memberSuspected(cat, verdict)
    t.strictSame(events, ['disappeared cat'])
    t.match(bottom.excluded, [{ member: cat, reason: { code: 'TRIBES_MEMBER_SILENT' } }])
    await next('answer')
    t.strictSame(events, ['disappeared cat'], 'an answer that comes too late brings nobody back')
    t.equal(clock.pendingTimers, 0)
  }
})

t.test('a member is never asked twice at a time', async t => {
  const { layer, verified, next, events, bottom } = detector()
  await verified()
  for (let i = 0; i < 5; i++) layer.memberSuspected(cat, 'silent')
  t.equal(bottom.questions.length, 1)
  await next(REFUSED)
  t.equal(bottom.questions.length, 0)
  t.strictSame(events, ['disappeared cat'])
})

t.test(
  'a member that connects while a question into a cut is still open is asked anew, and only that answer counts',
  async t => {
    const { layer, next, events, bottom, clock } = detector()
    layer.memberAdded(cat)
    layer.memberAdded(cat)
    t.equal(bottom.questions.length, 2)
    await next(NO_ANSWER)
    t.equal(clock.pendingTimers, 0)
    await next('answer')
    t.strictSame(events, ['added cat'])
    layer.memberAdded(cat)
    t.equal(bottom.questions.length, 0, 'a verified one is not asked')
  },
)

t.test(
  'a question that failed because its connection closed is asked once more at once, on a new connection',
  async t => {
    const { layer, verified, next, events, bottom, clock } = detector()
    await verified()
    layer.memberSuspected(cat, 'silent')
    layer.memberSuspected(cat, 'connection-closed')
    await next(new Error('the connection was closed'))
    await clock.advance(0)
    t.equal(bottom.questions.length, 1)
    layer.memberSuspected(cat, 'connection-closed')
    await next(REFUSED)
    t.strictSame(events, ['disappeared cat'])
  },
)

t.test(
  'a member whose address another process claims too proves it once in two seconds, not at every heartbeat',
  async t => {
    const { layer, verified, next, bottom, clock, events } = detector()
    await verified()
    layer.memberSuspected(cat, 'address-taken')
    await next('answer')
    await clock.advance(1999)
    layer.memberSuspected(cat, 'address-taken')
    t.equal(bottom.questions.length, 0)
    await clock.advance(1)
    layer.memberSuspected(cat, 'address-taken')
    await next(REPLACED)
    t.strictSame(events, ['disappeared cat'])
  },
)

t.test('a newcomer at whose address another incarnation answers is given up', async t => {
  const { layer, next, bottom, clock, events } = detector()
  layer.memberAdded(cat)
  await next(REPLACED)
  t.strictSame(bottom.excluded, [{ member: cat, reason: REPLACED }])
  t.equal(clock.pendingTimers, 0)
  t.strictSame(events, [])
})

t.test('a failed send ends in a confirmation either way, or in nothing with performSendTest off', async t => {
  const alive = detector()
  await alive.verified()
  failedSend(alive.layer, 'TRIBES_ACK_TIMEOUT')
  await alive.next('answer')
  t.ok(alive.logger.has('Suspect member, confirmed alive.[cat tcp://10.0.0.2:4000]'))

  const dead = detector()
  await dead.verified()
  failedSend(dead.layer, 'TRIBES_ACK_TIMEOUT')
  await dead.next(REFUSED)
  t.ok(dead.logger.has('Suspect member, confirmed dead.[cat tcp://10.0.0.2:4000]'))

  const off = detector({ performSendTest: false })
  await off.verified()
  failedSend(off.layer, 'TRIBES_ACK_TIMEOUT')
  t.equal(off.bottom.questions.length, 0)
})

t.test('an answer that comes after the goodbye brings nobody back', async t => {
  const { layer, events, next } = detector()
  layer.memberAdded(cat)
  layer.memberDisappeared(cat)
  await next('answer')
  t.strictSame(events, [])
})

t.test(
  'a member that falls silent, or whose address is taken, before it was reached is dropped without a word',
  async t => {
    for (const suspicion of ['lost', 'address-taken'] as const) {
      const { layer, events, next, bottom, clock } = detector()
      layer.memberAdded(cat)
      await next(REFUSED)
      layer.memberSuspected(cat, suspicion)
      t.equal(bottom.excluded.length, 1)
      t.strictSame(events, [])
      t.equal(clock.pendingTimers, 0)
    }
  },
)

t.test('stop ends every question and every timer', async t => {
  const { layer, events, next, clock, bottom } = detector()
  layer.memberAdded(cat)
  await layer.stop()
  await next('answer')
  await clock.advance(10_000)
  t.strictSame(events, [])
  t.equal(bottom.questions.length, 0)
  await layer.start()
  layer.memberAdded(cat)
  await next(REFUSED)
  await layer.stop()
  t.equal(clock.pendingTimers, 0)
})

t.test('a member that connects while it stops is not taken for one that is known at the next start', async t => {
  const { layer, events, next, clock, bottom } = detector()
  await layer.start()
  await layer.stop()
  layer.memberAdded(cat)
  for (let i = 0; i < bottom.questions.length; i++) await next('answer')
  events.length = 0
  t.equal(clock.pendingTimers, 0)
  await layer.start()
  layer.memberAdded(cat)
  await next('answer')
  t.strictSame(events, ['added cat'])
})
