import t from 'tap'
import { member } from '../../src/member.js'
import type { Stream } from '../../src/ports/network.js'
import { JoinBudget } from '../../src/transport/join-budget.js'
import { decodeFrame } from '../../src/wire/frame-decoder.js'
import { encodeFrame } from '../../src/wire/frame-encoder.js'
import { TransportNode, type World, world } from '../support/transport-node.js'

/** Somebody who knows everything that a member must know, under the n-th of the names that he makes up. Resolves with how he is answered. */
async function newcomer(w: World, to: TransportNode, n: number): Promise<string> {
  const stream: Stream = await w.clock.until(w.network.host('crowd').connect(to.member, 1000))
  let answered = (_answer: string) => {}
  const answer = new Promise<string>(resolve => {
    answered = resolve
  })
  let heard = Buffer.alloc(0)
  const data = (bytes: Uint8Array) => {
    heard = Buffer.concat([heard, bytes])
    const end = heard.length < 4 ? Number.POSITIVE_INFINITY : 4 + heard.readUInt32BE(0)
    if (heard.length < end) return
    const frame = decodeFrame(heard, 4, end)
    answered(frame.type === 'refused' ? `${frame.reason}: ${frame.text}` : frame.type)
  }
  stream.open({ data, drained: () => {}, closed: () => {} })
  const uniqueId = new Uint8Array(16).fill(7)
  new DataView(uniqueId.buffer).setUint32(4, n)
  const us = { uniqueId, host: 'crowd', port: 10_000 + n, name: `crowd ${n}`, domain: '' }
  const protocols = { lowestProtocol: 1, highestProtocol: 1, clusterName: 'cats', expected: to.member.uniqueId }
  const hello = {
    type: 'hello',
    ...protocols,
    member: member({ ...us, payload: new Uint8Array(0), aliveMs: 0 }),
  } as const
  stream.write([encodeFrame(hello)])
  await w.clock.until(answer)
  stream.destroy()
  return answer
}

t.test(
  'a minute’s worth of newcomers is let in at once, then a few a second; the others are told why, and who is known comes back',
  async t => {
    const w = world(1)
    const a = await new TransportNode('a', w, { maxJoinsPerSecond: 1 }).start()
    const answers: string[] = []
    for (let n = 0; n < 70; n++) answers.push(await newcomer(w, a, n))
    t.strictSame([...new Set(answers.slice(0, 60))], ['welcome'])
    t.strictSame(
      [...new Set(answers.slice(60))],
      ['too many joins: more than 1 new members a second have come here for a minute'],
    )
    t.match(a.transport.stats, { joinsRefused: 10, handshakesRefused: 10, malformed: 0 })
    t.equal(a.log.length, 1, 'and it is said once a minute')
    t.match(a.log, [/refused crowd 60 at crowd \(too many joins\); let more .*receiver\.maxJoinsPerSecond/])
    t.equal(await newcomer(w, a, 3), 'welcome', 'who has been here is no newcomer')
    await w.clock.advance(2_000)
    const later = [await newcomer(w, a, 60), await newcomer(w, a, 61), await newcomer(w, a, 62)]
    t.strictSame(
      later.map(answer => answer.slice(0, 8)),
      ['welcome', 'welcome', 'too many'],
    )
  },
)

t.test('who is dialled counts as well: beyond the limit it is not connected with, and the error says so', async t => {
  const w = world(1)
  const a = await new TransportNode('a', w, { maxJoinsPerSecond: 1 }).start()
  for (let n = 0; n < 60; n++) await newcomer(w, a, n)
  const b = await new TransportNode('b', w).start()
  await t.rejects(w.clock.until(a.transport.sender.dial(b.member)), {
    code: 'TRIBES_TOO_MANY_JOINS',
    message: /more than 1 new members a second \(receiver\.maxJoinsPerSecond\)/,
  })
  await t.rejects(w.clock.until(b.transport.sender.dial(a.member)), {
    code: 'TRIBES_MEMBER_UNREACHABLE',
    message: /too many joins/,
  })
  t.match(b.log, [/refused the connection \(too many joins\)/])
  t.equal(a.transport.stats.joinsRefused, 2)
  await w.clock.advance(2_000)
  t.equal((await w.clock.until(b.transport.sender.dial(a.member))).id, a.member.id, 'a moment later it is')
})

t.test('two hundred members that start in one moment are all let in, and without a limit any number', t => {
  const clock = { now: () => 0 }
  const taken = (maxJoinsPerSecond: number) => {
    const budget = new JoinBudget({ clock }, { maxJoinsPerSecond })
    return Array.from({ length: 1_000 }, () => budget.take()).filter(Boolean).length
  }
  t.strictSame([taken(4), taken(-1)], [240, 1_000])
  t.end()
})
