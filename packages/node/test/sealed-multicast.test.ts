import type { MulticastSocket } from '@clowder/tribes'
import fc from 'fast-check'
import t from 'tap'
import { Keyring } from '../src/secure/keyring.js'
import { MAX_SEALED_BYTES, SEAL_BYTES, seal, voiceKeysOf, voiceOf } from '../src/secure/sealed-datagram.js'
import { sealedMulticast } from '../src/secure/sealed-multicast.js'
import { Ear, MemoryGroup } from './support/memory-group.js'

const ONE = 'one secret of thirty-two bytes or more'
const TWO = 'another secret of thirty-two bytes or so'
const OPTIONS = { group: '228.0.0.4', port: 45_564, loopbackDisabled: false }

/** Goes on by `stepMs` whenever it is looked at. */
class StepClock {
  nowMs = 0
  fire: (() => void) | undefined
  readonly #stepMs: number

  constructor(stepMs: number) {
    this.#stepMs = stepMs
  }

  now(): number {
    return (this.nowMs += this.#stepMs)
  }
  setTimer(_delayMs: number, fire: () => void) {
    this.fire = fire
    return { cancel: () => void (this.fire = undefined) }
  }
  elapse(ms: number): void {
    this.nowMs += ms
    const { fire } = this
    this.fire = undefined
    fire?.()
  }
}

interface Member extends Ear {
  readonly socket: MulticastSocket
}

async function member(
  group: MemoryGroup,
  secrets: string[] | Keyring = [ONE],
  clusterName = 'cats',
  clock: StepClock = new StepClock(1000),
): Promise<Member> {
  const ear = new Ear()
  const keyring = secrets instanceof Keyring ? secrets : new Keyring(clusterName, secrets)
  const socket = await sealedMulticast(keyring, group.join, clock)(OPTIONS, ear)
  return Object.assign(ear, { socket })
}

/** What a member with that keyring says, sealed. */
async function recording(texts: string[], secrets?: string[] | Keyring, clusterName?: string): Promise<Buffer[]> {
  const group = new MemoryGroup()
  const { socket } = await member(group, secrets, clusterName)
  for (const text of texts) await socket.send(Buffer.from(text))
  return group.said
}

t.test('what one member says the others hear, and nobody else can read it', async t => {
  const group = new MemoryGroup()
  const [a, b] = [await member(group), await member(group)]
  await a.socket.send(Buffer.from('I am here'))
  await b.socket.send(Buffer.from('So am I'))
  t.strictSame(
    [a.heard, b.heard],
    [
      ['I am here', 'So am I'],
      ['I am here', 'So am I'],
    ],
    'its own words included',
  )
  t.strictSame([a.refusals, b.refusals], [[], []])
  t.notOk(group.said.some(bytes => bytes.includes('here')))
  await b.socket.close()
  await a.socket.send(Buffer.from('Bye'))
  t.equal(b.heard.length, 2)
})

t.test('the same words are never the same bytes', async t => {
  const said = [...(await recording(['x', 'x'])), ...(await recording(['x']))]
  t.equal(new Set(said.map(bytes => bytes.toString('hex', 52))).size, 3, 'neither what is sealed nor the tag')
  t.equal(new Set(said.map(bytes => bytes.toString('hex', 40, 52))).size, 3, 'nor the nonce')
})

t.test(
  'with any single bit changed, or any end missing, a datagram is not heard, and the original still is',
  async t => {
    const [sealed] = await recording(['I am here'])
    const group = new MemoryGroup()
    const b = await member(group)
    for (let bit = 0; bit < sealed!.length * 8; bit++) {
      const changed = Buffer.from(sealed!)
      changed[bit >> 3]! ^= 1 << (bit & 7)
      group.inject(changed)
    }
    for (let length = 0; length < sealed!.length; length++) group.inject(sealed!.subarray(0, length))
    group.inject(Buffer.concat([sealed!, Buffer.of(0)]))
    t.strictSame(b.heard, [])
    t.equal(b.refusals.length, sealed!.length * 9 + 1)
    t.strictSame(new Set(b.refusals), new Set(['malformed', 'strange', 'forged']))
    group.inject(sealed!)
    t.strictSame(b.heard, ['I am here'])
  },
)

t.test('random bytes, and random bytes behind a true header, are refused and change nothing', async t => {
  const [sealed, next] = await recording(['one', 'two'])
  const group = new MemoryGroup()
  const b = await member(group)
  group.inject(sealed!)
  const anything = fc.property(fc.uint8Array({ maxLength: 1500 }), fc.nat(60), (bytes, kept) => {
    group.inject(bytes)
    group.inject(Buffer.concat([next!.subarray(0, kept), bytes]))
  })
  fc.assert(anything, { numRuns: 500 })
  group.inject(next!)
  t.strictSame(b.heard, ['one', 'two'], 'a made-up counter does not shut out the true one')
})

t.test('a plain heartbeat, of a member that was given no secret, is strange', async t => {
  const group = new MemoryGroup()
  const b = await member(group)
  group.inject(Buffer.from('CLWD\x01\x01\0\0\x04cats'))
  t.strictSame([b.heard, b.refusals], [[], ['strange']])
})

const OTHERS: [situation: string, secrets: string[], clusterName: string][] = [
  ['another secret', [TWO], 'cats'],
  ["another cluster's name with the same secret", [ONE], 'dogs'],
]
for (const [situation, secrets, clusterName] of OTHERS) {
  t.test(`${situation}: neither hears the other, without any cryptography`, async t => {
    const group = new MemoryGroup()
    const [a, b] = [await member(group), await member(group, secrets, clusterName)]
    await a.socket.send(Buffer.from('from a'))
    await b.socket.send(Buffer.from('from b'))
    t.strictSame([a.heard, b.heard], [['from a'], ['from b']])
    t.strictSame([a.refusals, b.refusals], [['strange'], ['strange']])
  })
}

t.test("another secret under our key's name, and our key under another voice, are forged", async t => {
  const [[ours], [theirs]] = [await recording(['ours']), await recording(['theirs'], [TWO])]
  const group = new MemoryGroup()
  const b = await member(group)
  group.inject(Buffer.concat([ours!.subarray(0, 16), theirs!.subarray(16)]))
  group.inject(Buffer.concat([ours!.subarray(0, 16), theirs!.subarray(16, 32), ours!.subarray(32)]))
  t.strictSame([b.heard, b.refusals], [[], ['forged', 'forged']])
})

t.test('two keys: what is said with either is heard; what is said is said with the first of that moment', async t => {
  const group = new MemoryGroup()
  const changing = { current: new Keyring('cats', [ONE]) }
  const ring = Object.create(Keyring.prototype, {
    current: { get: () => changing.current.current },
    find: { value: (id: string) => changing.current.find(id) },
  }) as Keyring
  const [old, both, young] = [await member(group, [ONE]), await member(group, [TWO, ONE]), await member(group, ring)]
  await old.socket.send(Buffer.from('with one'))
  await both.socket.send(Buffer.from('with two'))
  t.strictSame([old.heard, both.heard, young.heard], [['with one'], ['with one', 'with two'], ['with one']])
  changing.current = new Keyring('cats', [TWO, ONE])
  await young.socket.send(Buffer.from('with two now'))
  t.strictSame([old.heard.length, both.heard.at(-1)], [1, 'with two now'])
  changing.current = new Keyring('cats', [TWO])
  group.inject(group.said[0]!)
  t.equal(young.refusals.at(-1), 'strange', 'a key that was removed is nobody’s')
})

t.test('a recording played again, in whole or in part, is not heard a second time, however often', async t => {
  const group = new MemoryGroup()
  const [a, b] = [await member(group), await member(group)]
  for (let n = 0; n < 300; n++) await a.socket.send(Buffer.from(`${n}`))
  await b.socket.send(Buffer.from('b'))
  const recorded = [...group.said]
  for (const bytes of [...recorded, ...recorded.reverse(), ...recorded.filter((_, n) => n % 7 === 0)])
    group.inject(bytes)
  t.strictSame([a.heard.length, b.heard.length], [301, 301])
  t.strictSame(new Set([...a.refusals, ...b.refusals]), new Set(['replayed']))
})

t.test('a member that never heard the voice hears a recording once, and never what was said before it', async t => {
  const recorded = await recording(['1', '2', '3', '4'])
  const group = new MemoryGroup()
  const c = await member(group)
  for (const n of [2, 0, 1, 2, 3, 3]) group.inject(recorded[n]!)
  t.strictSame(c.heard, ['3', '4'])
  await c.socket.close()
  const restarted = await member(group)
  for (const bytes of recorded) group.inject(bytes)
  t.strictSame(restarted.heard, ['1', '2', '3', '4'], 'a process that starts anew has heard nobody')
})

t.test(
  'in any order of arrival and with any doubled, each is heard at most once, and all of a short run but the earliest',
  async t => {
    const recorded = await recording(Array.from({ length: 50 }, (_, n) => `${n}`))
    const order = fc.array(fc.nat(49), { minLength: 1, maxLength: 300 })
    const property = fc.asyncProperty(order, async played => {
      const group = new MemoryGroup()
      const { heard } = await member(group)
      for (const n of played) group.inject(recorded[n]!)
      const expected = [...new Set(played)].filter(n => n >= played[0]!).map(n => `${n}`)
      if (`${heard}` !== `${expected}`) throw new Error(`heard ${heard} of ${played}`)
    })
    await t.resolves(fc.assert(property, { numRuns: 200 }))
  },
)

t.test(
  'a cloned process says other things under the same voice and count: no nonce serves twice, and both are heard soon',
  async t => {
    const key = new Keyring('cats', [ONE]).current
    const group = new MemoryGroup()
    const [a, b] = [await member(group), await member(group)]
    await a.socket.send(Buffer.from('before the clone'))
    const voice = voiceOf(group.said[0]!)
    const saidAs = (counter: number, text: string) =>
      seal(key, voiceKeysOf(key, voice), voice, counter, Buffer.from(text))
    const nonces = ['a', 'b', 'a'].map(text => saidAs(2, text).toString('hex', 40, 52))
    t.strictSame([nonces[0] === nonces[1], nonces[0] === nonces[2]], [false, true])
    group.inject(saidAs(1, 'an echo, played again'))
    await a.socket.send(Buffer.from('still the same voice'))
    group.inject(saidAs(3, 'the clone'))
    await a.socket.send(Buffer.from('another voice'))
    t.strictSame(
      group.said.map(sealed => voiceOf(sealed).equals(voice)),
      [true, true, false],
    )
    t.strictSame(b.heard, ['before the clone', 'still the same voice', 'the clone', 'another voice'])
  },
)

t.test('a new voice for each socket that is opened', async t => {
  const [[one], [two]] = [await recording(['x']), await recording(['x'])]
  t.not(one!.toString('hex', 16, 32), two!.toString('hex', 16, 32))
})

t.test(
  'the longest datagram fits the smallest packet that IPv6 must carry; a longer one is an error of that send',
  async t => {
    const group = new MemoryGroup()
    const a = await member(group)
    const longest = MAX_SEALED_BYTES - SEAL_BYTES
    await a.socket.send(Buffer.alloc(longest))
    t.strictSame([group.said[0]!.length + 8 + 40, a.heard.length], [1280, 1])
    await t.rejects(a.socket.send(Buffer.alloc(longest + 1)), { code: 'EMSGSIZE' })
  },
)

t.test('more junk than there is time for: nothing is looked at for the rest of the quarter of a second', async t => {
  const [first, second, third] = await recording(['1', '2', '3'])
  const clock = new StepClock(0)
  const group = new MemoryGroup()
  const b = await member(group, [ONE], 'cats', clock)
  group.inject(first!)
  for (let n = 0; n < 245; n++) group.inject(Buffer.from('junk'))
  group.inject(second!)
  t.strictSame([b.heard, group.calls], [['1', '2'], []])
  group.inject(Buffer.from('junk'))
  t.strictSame(group.calls, ['pause'])
  for (const bytes of [third!, Buffer.from('junk'), first!]) group.inject(bytes)
  t.strictSame([b.heard.length, b.refusals.slice(-3)], [2, ['shed', 'shed', 'shed']])
  await b.socket.send(Buffer.from('here I am'))
  t.equal(group.said.length, 1, 'it goes on speaking')
  clock.elapse(250)
  t.strictSame(group.calls, ['pause', 'resume'])
  group.inject(third!)
  t.equal(b.heard.at(-1), '3')
  for (let n = 0; n < 250; n++) group.inject(Buffer.from('junk'))
  await b.socket.close()
  t.strictSame([group.calls.length, clock.fire], [3, undefined], 'and nothing is left of it')
})

const COSTS: [what: string, bytes: () => Promise<Buffer[]>, most: number][] = [
  ['forged ones', async () => forgeries((await recording(['x']))[0]!), 63],
  ['authentic ones of voices never heard before', () => voices(300), 63],
  ['replayed ones', async () => Array<Buffer>(300).fill((await recording(['x']))[0]!), 247],
]
for (const [what, bytes, most] of COSTS) {
  t.test(`${what} are looked at ${most} times in a quarter of a second`, async t => {
    const group = new MemoryGroup()
    const b = await member(group, [ONE], 'cats', new StepClock(0))
    for (const datagram of await bytes()) group.inject(datagram)
    const shed = b.refusals.filter(why => why === 'shed').length
    t.equal(300 - shed, most)
  })
}

function forgeries(sealed: Buffer): Buffer[] {
  const forged = Buffer.from(sealed)
  forged[forged.length - 1]! ^= 1
  return Array<Buffer>(300).fill(forged)
}

async function voices(count: number): Promise<Buffer[]> {
  const heard = await Promise.all(Array.from({ length: count }, () => recording(['x'])))
  return heard.flat()
}
