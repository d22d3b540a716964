import { refusalOf } from './odd-values.js'
import type { Probe } from './probe.js'

const DEFAULT_LIMIT = 1_000
const TEN_THOUSAND = 10_000

/** F46: as many attributes as a session may have, and one more. */
export async function probeManyAttributes({ client, first, second, wait, expect, reached }: Probe): Promise<void> {
  const most = first.process?.options.manager.maxAttributes ?? DEFAULT_LIMIT
  const told = await client.visit(first, async visit => {
    for (let i = 0; i < most; i++) Reflect.set(visit.session, `p${i}`, `value ${i}`)
    const fits = await refusalOf(visit)
    Reflect.set(visit.session, 'one-more', 'value')
    return { fits, tooMany: await refusalOf(visit) }
  })
  if (!told.isSure) return
  if (most >= TEN_THOUSAND) reached('F46')
  const { fits, tooMany } = told.value
  expect(fits.code === undefined, `${most} attributes are kept, not ${fits.code}`)
  expect(
    tooMany.code === 'HA_TOO_MANY_ATTRIBUTES' && tooMany.path === 'one-more',
    `the next is refused, not ${tooMany.code}`,
  )
  await wait()
  const last = `p${most - 1}`
  const found = await client.visit(second, ({ session }) => ({
    count: Object.keys(session).length,
    last: Reflect.get(session, last) as unknown,
  }))
  if (found.isSure)
    expect(
      found.value.count === most && found.value.last === `value ${most - 1}`,
      `${most} attributes are elsewhere, not ${found.value.count}`,
    )
  await client.visit(second, visit => visit.destroy())
}
