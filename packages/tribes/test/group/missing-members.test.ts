import t from 'tap'
import { MissingMembers } from '../../src/group/missing-members.js'

t.test('of those who come and go under thousands of ids the last thousand are looked for', async t => {
  const dialled: number[] = []
  const missing = new MissingMembers({
    random: { below: () => 0, fill: bytes => bytes },
    isPresent: () => false,
    dial: ({ port }) => void dialled.push(port),
  })
  missing.lost('first', { host: 'h', port: 1 }, 0)
  for (let n = 0; n < 5000; n++) {
    missing.lost(`${n}`, { host: 'h', port: 1000 + n }, 1)
    if (n % 100 === 0) missing.lost('first', { host: 'h', port: 1 }, 1)
  }
  t.equal(missing.size, 1000)
  missing.tick(2000)
  t.equal(dialled.length, 1000)
  t.ok(dialled.includes(1), 'one that is lost again is not the oldest')
  t.notOk(dialled.includes(1000))
})
