import { isDeepStrictEqual } from 'node:util'
import { PROBE, type Probe } from './probe.js'

interface Order {
  readonly items: { name: string; count: number }[]
  readonly notes: Map<string, string[]>
}

/** F48: what a page changes inside a value that it has read is found, without its being assigned again. */
export async function probeNestedChange({ client, first, second, wait, expect, reached }: Probe): Promise<void> {
  const order: Order = { items: [{ name: 'a', count: 1 }], notes: new Map([['a', ['first']]]) }
  await client.visit(first, visit => void Reflect.set(visit.session, PROBE, order))
  await wait()
  const changed = await client.visit(second, visit => {
    const read = Reflect.get(visit.session, PROBE) as Order | undefined
    if (!read) return undefined
    read.items[0]!.count++
    read.notes.get('a')!.push('second')
    return structuredClone(read)
  })
  if (!changed.isSure || !changed.value) return
  reached('F48')
  await wait()
  const found = await client.visit(first, visit => Reflect.get(visit.session, PROBE) as unknown)
  if (found.isSure) expect(isDeepStrictEqual(found.value, changed.value), 'a change inside a value is found')
}
