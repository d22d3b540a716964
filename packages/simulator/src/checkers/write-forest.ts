/** A write or a removal: an index into the forest. */
export type Write = number
export const NO_WRITE: Write = -1

/**
 * Who wrote what after having seen what, kept apart from everything under test. Each write has the write as its parent that its request had found under the
 * name; so "knowingly replaced, directly or not" is "is an ancestor of". A write that found nothing has as its parent what its client knew to be gone by
 * then. Questions cost O(1) once everything is known (`seal`): a subtree is an interval of a depth-first walk.
 */
export class WriteForest {
  readonly #byVersion = new Map<number, Write>()
  readonly #parents: Write[] = []
  readonly #versions: (number | null)[] = []
  readonly #isKnown: boolean[] = []
  #entered: Int32Array = new Int32Array(0)
  #left: Int32Array = new Int32Array(0)

  get size(): number {
    return this.#parents.length
  }

  /** The write of a version; before its answer is in, as one whose parent is not known yet. */
  of(version: number): Write {
    const found = this.#byVersion.get(version)
    if (found !== undefined) return found
    const write = this.#push(version, NO_WRITE, false)
    this.#byVersion.set(version, write)
    return write
  }

  /** A value that was written. The first to tell of it is believed. */
  add(version: number, parent: Write): Write {
    const write = this.of(version)
    if (this.#isKnown[write]) return write
    this.#isKnown[write] = true
    if (parent !== write) this.#parents[write] = parent
    return write
  }

  addRemoval(parent: Write): Write {
    return this.#push(null, parent, true)
  }

  /** null: a removal. */
  versionOf(write: Write): number | null {
    return this.#versions[write] ?? null
  }

  parentOf(write: Write): Write {
    return this.#parents[write] ?? NO_WRITE
  }

  /** Whether somebody has told of this write, and not only of having read it. */
  isKnown(write: Write): boolean {
    return this.#isKnown[write] ?? false
  }

  /** Whether `older` was replaced, knowingly, on the way to `newer`. Ask after `seal` only. */
  isBefore(older: Write, newer: Write): boolean {
    if (older < 0 || newer < 0 || older === newer) return false
    return this.#entered[older]! < this.#entered[newer]! && this.#left[newer]! <= this.#left[older]!
  }

  /** Everything is known now. */
  seal(): void {
    const children = this.#children()
    this.#entered = new Int32Array(this.size)
    this.#left = new Int32Array(this.size)
    let time = 0
    const stack: Write[] = []
    for (let root = 0; root < this.size; root++) {
      if (this.#parents[root] !== NO_WRITE) continue
      stack.push(root)
      while (stack.length > 0) {
        const write = stack.at(-1)!
        if (this.#entered[write] === 0) this.#entered[write] = ++time
        const child = children[write]?.pop()
        if (child !== undefined) stack.push(child)
        else this.#left[stack.pop()!] = ++time
      }
    }
  }

  #children(): (Write[] | undefined)[] {
    const children: (Write[] | undefined)[] = new Array(this.size)
    for (let write = 0; write < this.size; write++) {
      const parent = this.#parents[write]!
      if (parent !== NO_WRITE) (children[parent] ??= []).push(write)
    }
    return children
  }

  #push(version: number | null, parent: Write, isKnown: boolean): Write {
    this.#parents.push(parent)
    this.#versions.push(version)
    this.#isKnown.push(isKnown)
    return this.size - 1
  }
}
