import { deltaManagerDefaults } from '@clowder/ha'
import { PROBE, type Probe } from './probe.js'

const PRINCIPAL = 7

/**
 * F52's neighbour: a session that says itself for how long it may be idle says so on every node, and says another time when it is told to; it goes on saying so under another id, and who is
 * logged in stays so. That its copies go by it whoever looks at each copy tells.
 */
export async function probeOwnLimit({ client, first, second, wait, expect, reached }: Probe): Promise<void> {
  const { maxInactiveInterval = deltaManagerDefaults.maxInactiveInterval } = first.process?.options.manager ?? {}
  if (maxInactiveInterval <= 0) return
  // Not so much more that anybody would miss its end.
  const limits = [maxInactiveInterval + 0.5, maxInactiveInterval + 1]
  for (const [i, node] of [first, second].entries()) {
    const told = await client.visit(node, visit => {
      Reflect.set(visit.session, PROBE, i)
      visit.session.setMaxInactiveInterval(limits[i]!)
      visit.session.setPrincipal(PRINCIPAL)
    })
    if (!told.isSure) return
    await wait()
    const found = await client.visit(i === 0 ? second : first, visit => visit.session.maxInactiveInterval)
    if (!found.isSure) return
    expect(
      found.value === limits[i],
      `a session may be idle for ${limits[i]} s, as it was told, and not for ${found.value} s`,
    )
  }
  reached('F52')
  if (!(await client.visit(first, visit => visit.rename())).isSure) return
  await wait()
  const found = await client.visit(second, ({ session }) => [session.maxInactiveInterval, session.principal])
  if (!found.isSure) return
  expect(
    found.value[0] === limits[1] && found.value[1] === PRINCIPAL,
    `under another id a session may be idle for ${limits[1]} s and is of ${PRINCIPAL}, as before, and not ${found.value.join(' and ')}`,
  )
}
