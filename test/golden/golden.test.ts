import t from 'tap'
import { ALL_KINDS } from './all-kinds.js'
import { cuts, flips, judge } from './damage.js'
import { linesOf, readGolden } from './golden-file.js'
import { portrait } from './portrait.js'

const MOST_GROWTH_BYTES = 64 * 1024 * 1024

t.setTimeout(180_000)

for (const kind of ALL_KINDS) {
  const golden = readGolden(kind.name)

  t.test(`${kind.name}: today's encoder writes the golden bytes`, async t => {
    t.strictSame(
      linesOf(kind).map(({ name, bytes }) => [name, bytes]),
      golden.map(({ name, bytes }) => [name, bytes]),
    )
  })

  t.test(`${kind.name}: today's decoder reads in them what they said when they were kept`, async t => {
    for (const { name, bytes, decoded } of golden)
      t.equal(JSON.stringify(portrait(kind.decode(Buffer.from(bytes, 'hex')))), JSON.stringify(decoded), name)
  })

  t.test(
    `${kind.name}: cut at any byte, or with any bit flipped, they are refused with a typed error or are something else`,
    async t => {
      const before = process.memoryUsage.rss()
      for (const { name, bytes } of golden) {
        const whole = Buffer.from(bytes, 'hex')
        const outcomes = { cut: judge(kind, cuts(whole)), flipped: judge(kind, flips(whole)) }
        t.pass(`${name}: ${JSON.stringify(outcomes)}`)
      }
      t.ok(process.memoryUsage.rss() - before < MOST_GROWTH_BYTES, 'and cost no memory')
    },
  )
}
