import fc from 'fast-check'
import t from 'tap'
import { KeyringError } from '../../src/secure/keyring-errors.js'
import {
  effectiveState,
  liveKeys,
  MAX_REMOVED,
  mergeRings,
  type Ring,
  ringOf,
  toldPart,
  usingKey,
  withKey,
  without,
} from '../../src/secure/ring.js'
import { SecretKey } from '../../src/secure/secret-key.js'

const KEYS = Array.from({ length: 6 }, (_, i) => new SecretKey(`secret number ${i} of the test, long enough`, 'shop'))
const MEMBERS = 3

interface Step {
  readonly member: number
  readonly other: number
  readonly verb: 'add' | 'use' | 'retire' | 'remove' | 'merge' | 'tell'
  readonly key: number
  /** Clocks of members may stand still, and differ. */
  readonly nowMs: number
}

const member = fc.nat({ max: MEMBERS - 1 })
const verb = fc.constantFrom<Step['verb']>('add', 'use', 'retire', 'remove', 'merge', 'tell')
const key = fc.nat({ max: KEYS.length - 1 })
const step: fc.Arbitrary<Step> = fc.record({ member, other: member, verb, key, nowMs: fc.nat({ max: 3 }) })
const history = fc.record({
  options: fc.array(fc.uniqueArray(key, { minLength: 1, maxLength: 3 }), { minLength: MEMBERS, maxLength: MEMBERS }),
  steps: fc.array(step, { maxLength: 40 }),
})

/** What each member has in the end. What is refused changes nothing. */
function ringsAfter({ options, steps }: { options: number[][]; steps: Step[] }): Ring[] {
  const rings = options.map(indices => ringOf(indices.map(i => KEYS[i]!)))
  for (const { member, other, verb, key, nowMs } of steps) {
    const ring = rings[member]!
    try {
      rings[member] = stepped(ring, rings[other]!, verb, KEYS[key]!, nowMs)
    } catch (error) {
      if (!(error instanceof KeyringError)) throw error
    }
  }
  return rings
}

function stepped(ring: Ring, other: Ring, verb: Step['verb'], key: SecretKey, nowMs: number): Ring {
  if (verb === 'add') return withKey(ring, key)
  if (verb === 'use') return usingKey(ring, key.id, nowMs)
  if (verb === 'merge') return mergeRings(ring, other)
  if (verb === 'tell') return mergeRings(ring, toldPart(other))
  return without(ring, key.id, verb === 'retire' ? 'retired' : 'removed', nowMs)
}

/** The order among keys never used is each member's own. */
function canonical(ring: Ring): string {
  return [...ring]
    .map(([id, { state, usedAt, isTold, key }]) => `${id} ${state} ${usedAt} ${isTold} ${key?.id}`)
    .sort()
    .join('\n')
}

t.test('rings that members can come to merge in any order, and as often as they like', async t => {
  const law = fc.property(history, plan => {
    const [a, b, c] = ringsAfter(plan) as [Ring, Ring, Ring]
    const isIdempotent = canonical(mergeRings(a, a)) === canonical(a)
    const isCommutative = canonical(mergeRings(a, b)) === canonical(mergeRings(b, a))
    const left = canonical(mergeRings(mergeRings(a, b), c))
    return isIdempotent && isCommutative && left === canonical(mergeRings(a, mergeRings(b, c)))
  })
  t.doesNotThrow(() => fc.assert(law, { numRuns: 3_000 }))
})

t.test(
  'there always is a current key, whatever members do at a time, and all agree on it once somebody has chosen',
  async t => {
    const law = fc.property(history, plan => {
      const rings = ringsAfter(plan)
      const merged = rings.map((own, i) =>
        rings.filter((_, j) => j !== i).reduce((sum, ring) => mergeRings(sum, toldPart(ring)), own),
      )
      const chosen = rings.some(ring => [...ring.values()].some(({ usedAt }) => usedAt > 0))
      const currents = new Set(merged.map(ring => liveKeys(ring)[0]?.id))
      return !currents.has(undefined) && (!chosen || currents.size === 1)
    })
    t.doesNotThrow(() => fc.assert(law, { numRuns: 3_000 }))
  },
)

t.test('a state only grows, and of a removed key nothing but its id is left', async t => {
  const order = ['accepted', 'retired', 'removed']
  const law = fc.property(history, step, (plan, { key, verb, nowMs }) => {
    const [ring, other] = ringsAfter(plan) as [Ring, Ring]
    let after = ring
    try {
      after = stepped(ring, other, verb, KEYS[key]!, nowMs)
    } catch (error) {
      if (!(error instanceof KeyringError)) throw error
    }
    const grown = [...ring].every(([id, { state }]) => order.indexOf(after.get(id)!.state) >= order.indexOf(state))
    const forgotten = [...after].every(
      ([id, { key }]) => (key === undefined) === (effectiveState(after, id) === 'removed'),
    )
    return grown && forgotten
  })
  t.doesNotThrow(() => fc.assert(law, { numRuns: 3_000 }))
})

t.test('two members that each remove the key of the other keep the one chosen later', async t => {
  const both = ringOf(KEYS.slice(0, 2))
  const [one, two] = [KEYS[0]!.id, KEYS[1]!.id]
  const a = without(both, two, 'removed', 10)
  const b = without(usingKey(both, two, 11), one, 'removed', 12)
  t.equal(a.get(two)?.key, undefined)
  t.strictSame(
    liveKeys(mergeRings(a, b)).map(key => key.id),
    [two],
  )
  t.strictSame(
    liveKeys(mergeRings(b, a)).map(key => key.id),
    [two],
  )
})

t.test('the current key cannot be given up, a removed one does not come back, and there is room for four', async t => {
  const [one, two] = [KEYS[0]!, KEYS[1]!]
  const ring = withKey(ringOf([one]), two)
  t.throws(() => without(ring, one.id, 'removed', 1), { code: 'CLOWDER_KEY_IN_USE' })
  t.throws(() => without(ring, one.id, 'retired', 1), { code: 'CLOWDER_KEY_IN_USE' })
  t.throws(() => usingKey(ring, 'f'.repeat(16), 1), { code: 'CLOWDER_UNKNOWN_KEY' })
  t.throws(() => without(ring, 'f'.repeat(16), 'removed', 1), { code: 'CLOWDER_UNKNOWN_KEY' })
  const gone = without(ring, two.id, 'removed', 1)
  t.throws(() => withKey(gone, two), { code: 'CLOWDER_KEY_REMOVED' })
  t.throws(() => usingKey(gone, two.id, 2), { code: 'CLOWDER_KEY_REMOVED' })
  t.throws(() => KEYS.reduce(withKey, ringOf([one])), { code: 'CLOWDER_TOO_MANY_KEYS' })
})

t.test('ids of removed keys do not pile up: those used longest ago are forgotten', async t => {
  let ring = ringOf([KEYS[0]!])
  for (let i = 0; i < MAX_REMOVED + 5; i++) {
    const key = new SecretKey(`${i} of very many secrets, all long enough`, 'shop')
    ring = usingKey(withKey(ring, key), key.id, 0)
    ring = without(ring, liveKeys(ring)[1]!.id, 'removed', 0)
  }
  t.equal(ring.size, MAX_REMOVED + 1)
  t.notOk(ring.has(KEYS[0]!.id))
  t.ok(canonical(mergeRings(ring, ring)) === canonical(ring))
})
