import t from 'tap'
import { checkAnnounceable, type McastOptions, mcastSettings } from '../../src/membership/mcast-options.js'
import { memberOf } from '../support/membership-world.js'

t.test("the defaults are Tomcat's, but for the pause between two recoveries", async t => {
  t.strictSame(mcastSettings({ clusterName: 'cats' }), {
    clusterName: 'cats',
    address: '228.0.0.4',
    port: 45_564,
    frequency: 500,
    dropTime: 3000,
    soTimeout: 500,
    localLoopbackDisabled: false,
    recoveryEnabled: true,
    recoveryCounter: 10,
    recoverySleepTime: 1000,
  })
})

t.test('soTimeout of 0 or less is the frequency', async t => {
  t.equal(mcastSettings({ clusterName: 'cats', frequency: 200, soTimeout: -1 }).soTimeout, 200)
  t.equal(mcastSettings({ clusterName: 'cats', soTimeout: 70 }).soTimeout, 70)
})

const REFUSED: [Partial<McastOptions>, RegExp][] = [
  [{ clusterName: '' }, /membership.clusterName is , but must be 1 to 64 bytes/],
  [{ clusterName: 'ä'.repeat(33) }, /clusterName/],
  [{ address: '10.0.0.1' }, /membership.address is 10.0.0.1, but must be a multicast group/],
  [{ address: '240.0.0.1' }, /address/],
  [{ address: 'fd00::1' }, /address/],
  [{ port: 0 }, /membership.port is 0/],
  [{ port: 65_536 }, /port/],
  [{ frequency: 0 }, /frequency/],
  [{ frequency: Number.NaN }, /frequency/],
  [{ dropTime: 999 }, /membership.dropTime is 999, but must be at least twice membership.frequency/],
  [{ frequency: 2000 }, /dropTime/],
  [{ ttl: 256 }, /ttl/],
  [{ recoveryCounter: 0 }, /recoveryCounter/],
  [{ recoverySleepTime: 0 }, /recoverySleepTime/],
]

for (const [options, message] of REFUSED) {
  t.test(`${JSON.stringify(options)} is refused`, async t => {
    const code = 'TRIBES_BAD_MEMBERSHIP_OPTION'
    t.throws(() => mcastSettings({ clusterName: 'cats', ...options }), { code, message })
  })
}

t.test('groups of both families are accepted', async t => {
  for (const address of ['224.0.0.1', '239.255.255.255', 'ff02::4', 'FF05::1:3', 'ff02::4%eth0']) {
    t.equal(mcastSettings({ clusterName: 'cats', address }).address, address)
  }
})

t.test('a member that does not fit a heartbeat is refused', async t => {
  const code = 'TRIBES_BAD_MEMBERSHIP_OPTION'
  t.doesNotThrow(() => checkAnnounceable(memberOf(1, { payload: new Uint8Array(512) })))
  t.throws(() => checkAnnounceable(memberOf(1, { payload: new Uint8Array(513) })), { code, option: 'payload' })
  t.throws(() => checkAnnounceable(memberOf(1, { name: 'n'.repeat(129) })), { code, option: 'name' })
  t.throws(() => checkAnnounceable(memberOf(1, { domain: 'd'.repeat(129) })), { code, option: 'domain' })
  t.throws(() => checkAnnounceable(memberOf(1, { host: 'h'.repeat(256) })), { code, option: 'host' })
})
