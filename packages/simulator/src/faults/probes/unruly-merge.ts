import { MOOD } from '../../cluster/mood-merge.js'
import type { Probe } from './probe.js'

/**
 * F56, and F11 where the merge function throws: two nodes write without knowing of each other, and a page is served all the same. That the copies become equal the
 * end of the run tells, as of every session.
 */
export async function probeUnrulyMerge({ client, first, second, wait, expect, reached }: Probe): Promise<void> {
  const calls = () => (first.process?.unruly?.calls ?? 0) + (second.process?.unruly?.calls ?? 0)
  const before = calls()
  await client.visit(first, visit => void Reflect.set(visit.session, MOOD, { mood: 'none' }))
  await wait()
  await Promise.all(
    [first, second].map((node, i) => client.visit(node, visit => void Reflect.set(visit.session, MOOD, { mood: i }))),
  )
  await wait()
  // Each write may have been refused for lack of room: nobody need read what nobody has kept.
  if (!client.hasSession) return
  for (const node of [first, second]) {
    const found = await client.visit(node, visit => Reflect.get(visit.session, MOOD) as unknown)
    if (found.isSure) expect(hasMood(found.value), `one of the values is read at ${node.name}`)
  }
  if (calls() === before) return
  reached('F56')
  if (first.process?.options.mood === 'throwing') reached('F11')
}

function hasMood(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'mood' in value
}
