import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { Relays } from '../faults/relays.js'
import { LabNetwork } from '../network/lab-network.js'
import { PacketFilter } from '../network/packet-filter.js'
import type { AppMessage } from '../node/app-message.js'
import { ClusterLife, type LifeListener, type ProcessChange } from '../node/cluster-life.js'
import type { NodeProcess } from '../node/node-process.js'
import { newWallClocks } from '../node/wall-clocks.js'

export interface BedOptions {
  readonly names: readonly string[]
  /** Of createCluster. */
  readonly cluster?: Readonly<Record<string, unknown>>
  /** How far each host's wall clock is off. */
  readonly skewMs?: (name: string) => number
  /** For logs and histories. */
  readonly folder: string
  readonly listener?: LifeListener
}

/** A lab with a cluster that lives in it. Whoever is interested in what happens sets `listener` for a while. */
export class Bed implements LifeListener {
  readonly network: LabNetwork
  readonly filter: PacketFilter
  readonly relays: Relays
  readonly life: ClusterLife
  listener: LifeListener | undefined

  private constructor(network: LabNetwork, options: BedOptions) {
    this.network = network
    this.filter = new PacketFilter(network.hosts)
    this.relays = new Relays(network)
    this.listener = options.listener
    const { cluster = {}, folder } = options
    this.life = new ClusterLife({ network, listener: this, clocks: newWallClocks(folder) }, { cluster, folder })
  }

  /** Resolves when all processes serve and see each other. */
  static async open(options: BedOptions): Promise<Bed> {
    const folder = join(options.folder, 'logs')
    mkdirSync(folder, { recursive: true })
    const bed = new Bed(await LabNetwork.open(options.names), { ...options, folder })
    try {
      await bed.#start(options)
    } catch (error) {
      await bed.close()
      throw error
    }
    return bed
  }

  told(process: NodeProcess, message: AppMessage): void {
    this.listener?.told(process, message)
  }

  processChanged(process: NodeProcess, what: ProcessChange, at: number): void {
    this.listener?.processChanged(process, what, at)
  }

  async close(): Promise<void> {
    await this.life.destroy()
    await this.relays.close()
    await this.network.close()
  }

  async #start({ names, skewMs = () => 0 }: BedOptions): Promise<void> {
    for (const name of names) await this.life.shiftClock(name, skewMs(name))
    await Promise.all(names.map(name => this.life.start(name)))
    if ((await this.life.becomesWhole(20_000)) === undefined)
      throw new Error(`${names} did not find each other within 20 s`)
  }
}
