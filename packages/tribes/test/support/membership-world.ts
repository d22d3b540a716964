import { type Member, member } from '../../src/member.js'
import type { McastOptions } from '../../src/membership/mcast-options.js'
import { McastService } from '../../src/membership/mcast-service.js'
import type { MembershipListener } from '../../src/membership/membership-service.js'
import type { Address } from '../../src/ports/network.js'
import { Dice } from './dice.js'
import { GroupLog } from './group-log.js'
import { MembershipNetwork } from './membership-network.js'
import { VirtualClock } from './virtual-clock.js'

/** A member whose id is `idByte` sixteen times. */
export function memberOf(idByte: number, fields: Partial<Member> = {}): Member {
  return member({
    uniqueId: new Uint8Array(16).fill(idByte),
    host: `10.0.0.${idByte}`,
    port: 4000,
    name: `node${idByte}`,
    domain: '',
    payload: new Uint8Array(0),
    aliveMs: 0,
    ...fields,
  })
}

/** Keeps what a membership service reports. */
export class Reports implements MembershipListener {
  readonly announced: Member[] = []
  readonly left: Member[] = []
  readonly found: string[] = []

  memberAnnounced(m: Member): void {
    this.announced.push(m)
  }
  memberLeft(m: Member): void {
    this.left.push(m)
  }
  addressFound({ host, port }: Address): void {
    this.found.push(`${host} ${port}`)
  }
}

export class MembershipWorld {
  readonly clock = new VirtualClock()
  readonly network = new MembershipNetwork(this.clock)
  readonly random = new Dice(7)

  service(idByte: number, options: Partial<McastOptions> = {}) {
    const listener = new Reports()
    const logger = new GroupLog()
    const { clock, network, random } = this
    const service = new McastService({ clock, network, random, logger, listener }, { clusterName: 'cats', ...options })
    return { service, listener, logger, member: memberOf(idByte) }
  }

  async started(idByte: number, options: Partial<McastOptions> = {}) {
    const node = this.service(idByte, options)
    await node.service.start(node.member)
    return node
  }
}
