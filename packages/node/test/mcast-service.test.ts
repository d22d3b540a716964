import { McastService, type Member, type MembershipListener, member, newUniqueId, silentLogger } from '@clowder/tribes'
import t from 'tap'
import { nodeClock, nodeNetwork, nodeRandom } from '../src/index.js'
import { keepOpen, until } from './support/keep-open.js'

const AN_HOUR_MS = 3_600_000

keepOpen()

class Node implements MembershipListener {
  readonly announced: Member[] = []
  readonly left: Member[] = []
  readonly service: McastService
  readonly member: Member

  constructor(name: string, port: number, frequency: number) {
    const components = {
      clock: nodeClock,
      network: nodeNetwork,
      random: nodeRandom,
      logger: silentLogger,
      listener: this,
    }
    this.service = new McastService(components, { clusterName: 'cats', port, frequency, dropTime: 2 * frequency })
    const uniqueId = newUniqueId(nodeRandom)
    const payload = new Uint8Array(0)
    this.member = member({ uniqueId, host: '127.0.0.1', port: 4000, name, domain: '', payload, aliveMs: 0 })
  }

  hears(other: Node): boolean {
    return this.announced.some(m => m.id === other.member.id)
  }

  memberAnnounced(m: Member): void {
    this.announced.push(m)
  }
  memberLeft(m: Member): void {
    this.left.push(m)
  }
  addressFound(): void {}
}

t.test('two services on real sockets know each other long before the next heartbeat, and say goodbye', async t => {
  const port = 30_000 + (process.pid % 10_000)
  const [a, b] = [new Node('a', port, AN_HOUR_MS), new Node('b', port, AN_HOUR_MS)]
  await a.service.start(a.member)
  await b.service.start(b.member)
  await until(() => a.hears(b) && b.hears(a))
  await until(() => a.service.stats.echoes > 0)
  a.service.setPayload(Uint8Array.of(1, 2, 3))
  await until(() => b.announced.at(-1)!.payload.length === 3)
  await b.service.stop()
  await until(() => a.left.length === 2)
  t.equal(a.left[0]!.id, b.member.id)
  await a.service.stop()
  t.match(a.service.stats, { errors: 0, malformed: 0, strangers: 0 })
})
