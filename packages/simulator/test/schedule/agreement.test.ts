import t from 'tap'
import { haveEqualCopies, haveEqualTables } from '../../src/schedule/agreement.js'

const tableOf = (digest: string) => ({ digest: () => digest })
const holderOf = (copies: Record<string, { readonly kind: 'live' | 'dead'; readonly bytes: string }>) =>
  ({
    sessionIds: () => Object.keys(copies),
    inspectCopy: (id: string) => {
      const { kind, bytes } = copies[id]!
      return { state: { kind }, packed: () => Buffer.from(bytes) }
    },
  }) as unknown as Parameters<typeof haveEqualCopies>[0][number]

t.test('tables are equal when their digests are', async t => {
  t.ok(haveEqualTables([tableOf('a'), tableOf('a')]))
  t.notOk(haveEqualTables([tableOf('a'), tableOf('b')]))
})

t.test('where not all hold all, those who hold a session must hold the same of it', async t => {
  const s = (bytes: string, kind: 'live' | 'dead' = 'live') => ({ kind, bytes })
  t.ok(haveEqualCopies([holderOf({ s: s('1'), u: s('7') }), holderOf({ s: s('1'), v: s('8') })]))
  t.notOk(haveEqualCopies([holderOf({ s: s('1') }), holderOf({}), holderOf({ s: s('2') })]))
  t.ok(haveEqualCopies([holderOf({ s: s('1', 'dead') }), holderOf({ s: s('2', 'dead') })]), 'of ends nobody waits')
})
