import t from 'tap'
import {
  LATER_ASKER,
  type Liveness,
  livenessOf,
  type SignsOfLife,
  silenceTimeouts,
  stretched,
} from '../../src/membership/liveness.js'

const TIMEOUTS = silenceTimeouts({ frequencyMs: 500, dropTimeMs: 3000 })

t.test('the defaults', async t => {
  t.strictSame(TIMEOUTS, { expectedMs: 500, suspectMs: 1250, lostMs: 2150, unreachableMs: 3750 })
})

t.test(
  'a member that nobody hears is lost within dropTime after its last sign of life, whatever the options',
  async t => {
    for (const [frequencyMs, dropTimeMs] of [
      [500, 3000],
      [500, 1000],
      [10, 30],
      [1000, 60_000],
    ] as const) {
      const { expectedMs, lostMs } = silenceTimeouts({ frequencyMs, dropTimeMs })
      t.ok(LATER_ASKER * expectedMs + lostMs + frequencyMs / 20 <= dropTimeMs + 1e-9, `${frequencyMs}, ${dropTimeMs}`)
      t.ok(lostMs > (2 / 3) * dropTimeMs, 'and one that stands still for two thirds of it is not')
    }
  },
)

type Case = readonly [title: string, signs: Partial<SignsOfLife>, nowMs: number, expected: Liveness]
const CASES: readonly Case[] = [
  ['never asked', { heardAtMs: 0 }, 1e9, 'alive'],
  ['asked a moment ago', { askedAtMs: 1000 }, 2249.9, 'alive'],
  ['asked, no answer', { askedAtMs: 1000 }, 2250, 'suspect'],
  ['still no answer', { askedAtMs: 1000 }, 3149.9, 'suspect'],
  ['nobody has heard it since', { askedAtMs: 1000 }, 3150, 'lost'],
  ['its heartbeats come, its answers do not', { askedAtMs: 1000, heardAtMs: 3000 }, 3250, 'suspect'],
  ['for too long', { askedAtMs: 1000, heardAtMs: 4600 }, 4750, 'unreachable'],
  ['its heartbeats have ended too', { askedAtMs: 1000, heardAtMs: 2000 }, 4150, 'lost'],
  ['another member hears it', { askedAtMs: 1000, vouchedAtMs: 3000 }, 3250, 'suspect'],
  ['another member heard it for a while', { askedAtMs: 1000, vouchedAtMs: 1500 }, 3650, 'lost'],
  ['another member hears it, we do not', { askedAtMs: 1000, vouchedAtMs: 4600 }, 4750, 'unreachable'],
  ['heard before it was asked', { askedAtMs: 1000, heardAtMs: 900 }, 3149, 'suspect'],
]

for (const [title, signs, nowMs, expected] of CASES) {
  t.test(`${title}: ${expected}`, async t => {
    const never = Number.NEGATIVE_INFINITY
    t.equal(livenessOf({ heardAtMs: 0, askedAtMs: undefined, vouchedAtMs: never, ...signs }, nowMs, TIMEOUTS), expected)
  })
}

t.test('stretched, everything but the question itself takes longer', async t => {
  t.strictSame(stretched(TIMEOUTS, 2), { expectedMs: 500, suspectMs: 2500, lostMs: 4300, unreachableMs: 7500 })
})
