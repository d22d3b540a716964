import { refusalOf } from './odd-values.js'
import { PROBE, type Probe } from './probe.js'

const DEFAULT_LIMIT_BYTES = 262_144
/** What a codec adds, and what every session has besides. */
const REST_BYTES = 400

/** F45: a value that just fits is on the other node as it was; with one more byte than allowed it is refused, and what was there stays. */
export async function probeLargeSession({ client, first, second, dice, wait, expect, reached }: Probe): Promise<void> {
  if (!first.process) return
  const { manager, paddingBytes } = first.process.options
  const limit = manager.maxSessionBytes ?? DEFAULT_LIMIT_BYTES
  const largest = Buffer.alloc(limit - REST_BYTES - paddingBytes, dice.whole(1, 255))
  const told = await client.visit(first, async visit => {
    Reflect.set(visit.session, PROBE, largest)
    const fits = await refusalOf(visit)
    Reflect.set(visit.session, PROBE, Buffer.alloc(limit + 1))
    const tooLarge = await refusalOf(visit)
    return { fits, tooLarge, left: Reflect.get(visit.session, PROBE) as unknown }
  })
  if (!told.isSure) return
  reached('F45')
  const { fits, tooLarge, left } = told.value
  expect(fits.code === undefined, `a session below the limit is kept, not ${fits.code}`)
  expect(
    tooLarge.code === 'HA_SESSION_TOO_LARGE' && tooLarge.path === PROBE,
    `a session above it is refused, not ${tooLarge.code}`,
  )
  expect(isSame(left, largest), 'what was there before a value that is too large stays')
  await wait()
  const found = await client.visit(second, visit => Reflect.get(visit.session, PROBE) as unknown)
  if (found.isSure) expect(isSame(found.value, largest), `${largest.length} bytes are elsewhere as they were`)
  await client.visit(second, visit => visit.destroy())
}

function isSame(value: unknown, expected: Uint8Array): boolean {
  return value instanceof Uint8Array && Buffer.compare(value, expected) === 0
}
