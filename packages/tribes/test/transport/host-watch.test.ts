import t from 'tap'
import type { HostAddress } from '../../src/ports/network.js'
import { HostWatch } from '../../src/transport/host-watch.js'

const hosts = (...addresses: string[]) =>
  ['127.0.0.1', ...addresses].map(address => ({ address, family: 4 as const, internal: address === '127.0.0.1' }))

/** Looks twice a second for as long as `watch` does not move, at most two seconds; where it is then. */
function settled(watch: HostWatch, addresses: readonly HostAddress[], fromMs: number): string {
  for (let nowMs = fromMs; nowMs <= fromMs + 2_000; nowMs += 500) {
    const host = watch.look(addresses, nowMs)
    if (host !== undefined) watch.moved(host)
  }
  return watch.current
}

t.test('a host that has another address is found there, after a second of it', async t => {
  const watch = new HostWatch('10.0.0.1')
  t.equal(watch.look(hosts('10.0.0.2'), 0), undefined)
  t.equal(watch.look(hosts('10.0.0.2'), 500), undefined)
  t.equal(watch.look(hosts('10.0.0.1'), 800), undefined)
  t.equal(watch.look(hosts('10.0.0.2'), 1_000), undefined, 'it was back for a moment')
  t.equal(watch.look(hosts('10.0.0.2'), 2_000), '10.0.0.2')
})

t.test('an address that is still there is kept, whatever others come', async t => {
  const watch = new HostWatch('10.0.0.5')
  t.equal(settled(watch, hosts('10.0.0.1', '10.0.0.5'), 0), '10.0.0.5')
})

t.test('without any address it stays, and returns to its first one when that is back', async t => {
  const watch = new HostWatch('10.0.0.1')
  t.equal(settled(watch, hosts(), 0), '10.0.0.1')
  t.equal(settled(watch, hosts('172.17.0.1'), 10_000), '172.17.0.1')
  t.equal(settled(watch, hosts('172.17.0.1', '10.0.0.1'), 20_000), '10.0.0.1')
})

t.test('whoever has lost all but link-local addresses of IPv6 stays', async t => {
  const watch = new HostWatch('10.0.0.1')
  const linkLocal = [{ address: 'fe80::1', family: 6 as const, internal: false }]
  t.equal(settled(watch, linkLocal, 0), '10.0.0.1')
})

t.test('who started without a network leaves loopback when there is one, and does not return', async t => {
  const watch = new HostWatch('127.0.0.1')
  t.equal(settled(watch, hosts('10.0.0.1'), 0), '10.0.0.1')
  t.equal(settled(watch, hosts(), 10_000), '10.0.0.1')
})

t.test('it looks twice a second, and remembers eight addresses', async t => {
  const watch = new HostWatch('10.0.0.1')
  t.ok(watch.isDue(0))
  watch.look(hosts('10.0.0.1'), 0)
  t.notOk(watch.isDue(400))
  t.ok(watch.isDue(500))
  for (let n = 2; n <= 9; n++) t.equal(settled(watch, hosts(`10.0.0.${n}`), n * 10_000), `10.0.0.${n}`)
  t.equal(settled(watch, hosts('10.0.0.1', '10.0.0.9'), 200_000), '10.0.0.9')
  t.equal(settled(watch, hosts('10.0.0.2', '10.0.0.9'), 300_000), '10.0.0.2')
})
