import { TAGS } from '../../clients/client-options.js'
import type { Probe } from './probe.js'

/** F11's neighbour: what a page takes out of a value that is merged stays out, on whichever node it had been put in. */
export async function probeMergedRemoval({ client, first, second, wait, expect, reached }: Probe): Promise<void> {
  if (!first.process?.options.hasMerges) return
  await client.visit(first, visit => void Reflect.set(visit.session, TAGS, [1, 2]))
  if (!client.hasSession) return
  await wait()
  const taken = await client.visit(second, visit => {
    const hasBoth = String(Reflect.get(visit.session, TAGS)) === '1,2'
    if (hasBoth) Reflect.set(visit.session, TAGS, [2])
    return hasBoth
  })
  if (!taken.isSure || !taken.value) return
  reached('F49')
  for (const node of [first, second]) {
    await wait()
    const found = await client.visit(node, visit => Reflect.get(visit.session, TAGS) as unknown)
    if (found.isSure) expect(String(found.value) === '2', 'what was taken out of a merged value stays out')
  }
}
