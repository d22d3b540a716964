import type { LabHost } from './lab-network.js'

/** What is done to packets from one host when they arrive at another. */
export interface FilterRule {
  readonly from: string
  readonly to: string
  /** `drop`: nobody is told. `reset`: TCP is answered with a reset, the rest is dropped. */
  readonly what: 'drop' | 'reset'
  /** Share of the packets, in percent. @default 100 */
  readonly percent?: number
  /** Heartbeats only, connections only, or everything. @default everything */
  readonly protocol?: 'udp' | 'tcp'
}

/**
 * Packets that do not arrive, by nftables. Always at the receiver's side: a drop on the way out would be reported to the sender as an error, and what is wanted is
 * silence. Several faults may be at work at a time; each adds rules and takes its own away.
 */
export class PacketFilter {
  readonly #hosts: ReadonlyMap<string, LabHost>
  readonly #active = new Set<readonly FilterRule[]>()
  #turn: Promise<void> = Promise.resolve()

  constructor(hosts: readonly LabHost[]) {
    this.#hosts = new Map(hosts.map(host => [host.name, host]))
  }

  /** The rules work when this resolves; pass them to `remove` to end them. */
  add(rules: readonly FilterRule[]): Promise<void> {
    this.#active.add(rules)
    return this.#apply()
  }

  remove(rules: readonly FilterRule[]): Promise<void> {
    this.#active.delete(rules)
    return this.#apply()
  }

  clear(): Promise<void> {
    this.#active.clear()
    return this.#apply()
  }

  /** One change at a time: the last one must be the one that stays. */
  #apply(): Promise<void> {
    this.#turn = this.#turn.then(async () => {
      await Promise.all(Array.from(this.#hosts.values(), host => this.#applyAt(host)))
    })
    return this.#turn
  }

  #applyAt(host: LabHost): Promise<string> {
    const rules = [...this.#active].flat().filter(rule => rule.to === host.name)
    const lines = rules.flatMap(rule => ruleTexts(rule, this.#hosts.get(rule.from)!.clusterHost))
    return host.namespace.run('nft', ['-f', '-'], ruleset(lines))
  }
}

/** Replaces the table in one step, so that there is no moment without rules. */
function ruleset(lines: readonly string[]): string {
  const rules = lines.map(line => `${line}\n`).join('')
  const chain = `chain arriving {\ntype filter hook input priority 0; policy accept;\n${rules}}`
  return `table ip torture {}\ndelete table ip torture\ntable ip torture {\n${chain}\n}\n`
}

function ruleTexts({ what, percent = 100, protocol }: FilterRule, from: string): string[] {
  const share = percent < 100 ? `numgen random mod 100 < ${percent} ` : ''
  const proto = protocol ? `meta l4proto ${protocol} ` : ''
  const match = `ip saddr ${from} ${proto}${share}`
  if (what === 'drop') return [`${match}drop`]
  // The resets themselves must arrive: they come from the other host, where the same is done in the other direction.
  return [`${match}tcp flags & rst == 0 reject with tcp reset`, `${match}meta l4proto != tcp drop`]
}
