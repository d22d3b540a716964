import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { NodeProcess } from './node-process.js'

/** A process looks at its file again when more whole seconds than these have begun since: asking each time would cost ten times as much. */
const WHOLE_SECONDS = '0'
/** Whatever is moved for less than this may never have been seen. */
export const NOTICED_WITHIN_MS = 1_000

/** How far the wall clock of each host is off, and how its processes are made to believe it. Time that only measures is not touched. */
export interface WallClocks {
  readonly kind: 'libfaketime' | 'component'
  /** For a process that is about to start. */
  environment(name: string): Readonly<Record<string, string>>
  shiftMs(name: string): number
  shift(name: string, ms: number, process: NodeProcess | undefined): Promise<void>
}

/** By libfaketime where it is installed: then everything in the process is fooled and not only what asks the Clock component. */
export function newWallClocks(folder: string): WallClocks {
  const library = faketimeLibrary()
  return library === undefined ? new ComponentClocks() : new FaketimeClocks(library, folder)
}

/** Where Debian and its like put it. */
export function faketimeLibrary(): string | undefined {
  return readdirSync('/usr/lib')
    .map(architecture => join('/usr/lib', architecture, 'faketime/libfaketimeMT.so.1'))
    .find(path => existsSync(path))
}

class FaketimeClocks implements WallClocks {
  readonly kind = 'libfaketime'
  readonly #library: string
  readonly #folder: string
  readonly #shiftsMs = new Map<string, number>()

  constructor(library: string, folder: string) {
    this.#library = library
    this.#folder = folder
  }

  environment(name: string): Record<string, string> {
    this.#write(name)
    return {
      LD_PRELOAD: this.#library,
      FAKETIME_TIMESTAMP_FILE: this.#fileOf(name),
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      FAKETIME_CACHE_DURATION: WHOLE_SECONDS,
    }
  }

  shiftMs(name: string): number {
    return this.#shiftsMs.get(name) ?? 0
  }

  async shift(name: string, ms: number): Promise<void> {
    this.#shiftsMs.set(name, ms)
    this.#write(name)
  }

  #write(name: string): void {
    const seconds = this.shiftMs(name) / 1000
    writeFileSync(this.#fileOf(name), `${seconds < 0 ? '' : '+'}${seconds}\n`)
  }

  #fileOf(name: string): string {
    return join(this.#folder, `${name}.clock`)
  }
}

/** The cluster's own Clock is told; Date.now() of the application goes on as it was. */
class ComponentClocks implements WallClocks {
  readonly kind = 'component'
  readonly #shiftsMs = new Map<string, number>()

  environment(name: string): Record<string, string> {
    return { TORTURE_WALL_SHIFT_MS: String(this.shiftMs(name)) }
  }

  shiftMs(name: string): number {
    return this.#shiftsMs.get(name) ?? 0
  }

  async shift(name: string, ms: number, process: NodeProcess | undefined): Promise<void> {
    this.#shiftsMs.set(name, ms)
    await process?.ask('shiftClock', { ms })
  }
}
