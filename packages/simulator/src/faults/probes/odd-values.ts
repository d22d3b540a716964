import { isDeepStrictEqual } from 'node:util'
import type { Visit } from '../../cluster/visit.js'
import { PROBE, type Probe } from './probe.js'

const DEEPEST = 100

/** F47: what comes back is what was written, and what cannot be kept is refused by its path, which leaves the rest alone. */
export async function probeOddValues({ client, first, second, dice, wait, expect, reached }: Probe): Promise<void> {
  const [kind, value] = dice.pick(Object.entries(oddValues()))
  const [found, refused] = dice.pick(refusedValues())
  const told = await client.visit(first, async visit => {
    Reflect.set(visit.session, PROBE, value)
    Reflect.set(visit.session, 'refused', { ok: 1, items: ['a', { inside: refused }] })
    return refusalOf(visit)
  })
  if (!told.isSure) return
  reached('F47')
  const { code, path, what } = told.value
  expect(code === 'HA_UNSERIALIZABLE_VALUE', `${found} is refused, not ${code}`)
  expect(path === 'refused.items[1].inside' && what === found, `the path of ${found} is told, not ${path} (${what})`)
  await wait()
  const read = await client.visit(second, visit => ({
    value: Reflect.get(visit.session, PROBE) as unknown,
    hasRefused: 'refused' in visit.session,
  }))
  if (!read.isSure) return
  expect(isDeepStrictEqual(read.value.value, value), `${kind} comes back as it was`)
  expect(!read.value.hasRefused, `${found} is kept out of the session`)
}

export async function refusalOf(visit: Visit): Promise<{ code?: string; path?: string; what?: string }> {
  try {
    await visit.save()
    return {}
  } catch (error) {
    const { code, path, found } = error as { code: string; path: string; found: string }
    return { code, path, what: found }
  }
}

function refusedValues(): readonly [string, unknown][] {
  return [
    ['a function', () => 'a function'],
    ['a symbol', Symbol('a symbol')],
  ]
}

function oddValues(): Readonly<Record<string, unknown>> {
  const cycle: Record<string, unknown> = { name: 'a cycle' }
  cycle.self = cycle
  return {
    NaN: Number.NaN,
    '-0': -0,
    infinity: [Number.NEGATIVE_INFINITY],
    'a BigInt': 2n ** 70n,
    'a Date': new Date(86_400_000),
    'a Map': new Map<unknown, unknown>([
      ['list', [1, 2, { three: 3 }]],
      [7, new Set(['a', undefined])],
    ]),
    'undefined inside': { here: undefined, there: null },
    'a key __proto__': JSON.parse('{"__proto__": {"polluted": true}, "constructor": 1}'),
    'lone surrogates': { '\ud800': '\udfff' },
    'an empty text': '',
    'a cycle': cycle,
    '100 levels': nested(DEEPEST),
  }
}

function nested(levels: number): unknown {
  let value: unknown = 'the innermost'
  for (let level = 0; level < levels; level++) value = [value]
  return value
}
