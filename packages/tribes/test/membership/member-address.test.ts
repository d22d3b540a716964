import t from 'tap'
import { parseMemberAddress } from '../../src/membership/member-address.js'

const GOOD: [text: string, host: string, port: number][] = [
  ['10.0.0.3:4001', '10.0.0.3', 4001],
  ['10.0.0.3', '10.0.0.3', 4000],
  ['app', 'app', 4000],
  ['my_app-1.default.svc.cluster.local.:65535', 'my_app-1.default.svc.cluster.local.', 65_535],
  ['tasks.web:1', 'tasks.web', 1],
  ['[fd00::3]:4001', 'fd00::3', 4001],
  ['[fd00::3]', 'fd00::3', 4000],
  ['fd00::3', 'fd00::3', 4000],
  ['::1', '::1', 4000],
  ['[::ffff:10.0.0.3]:4001', '::ffff:10.0.0.3', 4001],
  ['[fe80::1%eth0]:4001', 'fe80::1%eth0', 4001],
]

for (const [text, host, port] of GOOD) {
  t.test(`${text} is an address`, async t => {
    t.strictSame(parseMemberAddress(text, 4000), { host, port })
  })
}

const BAD: [text: string, detail: RegExp][] = [
  ['', /the host is missing/],
  [':4000', /the host is missing/],
  ['app:', /the port must be/],
  ['app:0', /the port must be/],
  ['app:65536', /the port must be/],
  ['app:4e3', /the port must be/],
  ['app:-1', /the port must be/],
  ['tcp://app:4000', /too many colons/],
  ['app:4000:4001', /too many colons/],
  ['two words:4000', /no host name/],
  ['-app', /no host name/],
  ['10.0.0.256:4000', /no IPv4 address/],
  ['10.0.0:4000', /no IPv4 address/],
  ['[app]:4000', /no IPv6 address/],
  ['[fd00::3:4000', /brackets/],
  ['fd00::3]:4000', /brackets/],
  ['[fd00::3]4000', /brackets/],
]

for (const [text, message] of BAD) {
  t.test(`"${text}" is refused`, async t => {
    t.throws(() => parseMemberAddress(text, 4000), { code: 'TRIBES_BAD_MEMBER_ADDRESS', given: text, message })
  })
}
