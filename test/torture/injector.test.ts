import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import type { Fault } from './faults/fault.js'
import { Injector, type InjectorComponents } from './faults/injector.js'

const HOUR_MS = 3_600_000

/** A host's clock, and nothing else that a fault could be done to. */
class OneClock {
  readonly names = ['n1']
  atMs = 1_234

  wallShiftMs(): number {
    return this.atMs
  }

  async shiftClock(_: string, ms: number): Promise<void> {
    this.atMs = ms
  }

  resume(): void {}

  pause(): void {}

  process(): undefined {}
}

function newInjector(life: OneClock): Injector {
  const [history, filter] = [{ add: () => {} }, { clear: async () => {} }]
  return new Injector({ life, history, filter } as unknown as InjectorComponents)
}

function jump(shiftMs: number, lastsMs: number): Fault {
  return { fault: 'F14', what: `${shiftMs}`, atMs: 0, lastsMs, deed: { do: 'clock', node: 'n1', shiftMs } }
}

t.test('a clock that jumps twice, the second time before the first is over, is where it was when both are', async t => {
  for (const [first, second] of [
    [10, 30],
    [30, 10],
  ] as const) {
    const clock = new OneClock()
    const injector = newInjector(clock)
    injector.begin(jump(HOUR_MS, first))
    injector.begin(jump(5_000, second))
    t.equal(clock.atMs, 1_234 + HOUR_MS + 5_000)
    await delay(50)
    await injector.heal()
    t.equal(clock.atMs, 1_234)
  }
})

t.test('so is one that was still ahead twice when everything is healed', async t => {
  const clock = new OneClock()
  const injector = newInjector(clock)
  injector.begin(jump(HOUR_MS, 60_000))
  injector.begin(jump(5_000, 60_000))
  await injector.heal()
  t.equal(clock.atMs, 1_234)
})

t.test(
  'when a fault could not be done, that is told only after all others are over: nothing is done to the next bed',
  async t => {
    const clock = new OneClock()
    clock.resume = () => {
      throw new Error('cannot be done')
    }
    clock.shiftClock = async (_, ms) => {
      await delay(20)
      clock.atMs = ms
    }
    const injector = newInjector(clock)
    injector.begin({ fault: 'F07', what: '', atMs: 0, lastsMs: 0, deed: { do: 'pause', node: 'n1' } })
    injector.begin(jump(HOUR_MS, 60_000))
    await delay(50)
    await t.rejects(injector.heal(), /cannot be done/)
    t.equal(clock.atMs, 1_234)
  },
)
