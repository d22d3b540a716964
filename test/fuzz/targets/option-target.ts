import { readMountOptions } from '../../../packages/clowder/src/options/mount-options.js'
import { optionTexts } from '../../../packages/clowder/src/options/option-paths.js'
import { readOptions } from '../../../packages/clowder/src/options/read-options.js'
import { type FuzzTarget, isRefusal } from '../target.js'
import { HostileValue } from './hostile-value.js'

const REFUSALS = ['CLOWDER_BAD_OPTIONS', 'CLOWDER_INSECURE_ADDRESS']
const SEEDS = 64
const SEED_BYTES = 48

/** What `createCluster` and a mount take, made of bytes. */
export class OptionTarget implements FuzzTarget {
  readonly name = 'options'
  /** Of whoever starts the process, once. */
  readonly mostMs = 2_000
  readonly seeds = Array.from({ length: SEEDS }, (_, i) =>
    Uint8Array.from({ length: SEED_BYTES }, (_, at) => (i * 37 + at * (2 * i + 1) * 11) & 0xff),
  )
  readonly #names = [...new Set(optionTexts().flatMap(({ path }) => path.split('.')))]
  readonly #settings = readOptions({ distributable: false })

  feed(bytes: Buffer): boolean {
    const isMount = bytes[0]! % 4 === 0
    const hostile = new HostileValue(bytes.subarray(1), this.#names)
    try {
      if (isMount) readMountOptions(hostile.object() as never, this.#settings)
      else readOptions(hostile.object() as never, { CLOWDER_SECRET: bytes[1]! % 2 === 0 ? 'x' : undefined })
      return true
    } catch (error) {
      if (isRefusal(error, REFUSALS)) return false
      throw error
    }
  }
}
