import type { Program } from './operation.js'
import type { Perturbation } from './parcel.js'
import { brokenPromises } from './promises.js'
import { keepsNormalForm, type Move } from './step.js'
import { World, type WorldOptions } from './world.js'

/** Which worlds there are. */
export interface ExplorerOptions extends WorldOptions {
  readonly perturbations: readonly Perturbation[]
}

/** A world that broke a promise. */
export interface BrokenWorld {
  readonly program: Program
  readonly path: readonly Move[]
  readonly broken: readonly string[]
}

/** One place where the search can go on in several ways. */
interface Fork {
  readonly moves: Move[]
  /** The way that is gone now. */
  at: number
  /** How many messages each way was seen to send. */
  readonly sent: number[]
}

/**
 * Goes through every world of a program, each once: depth first, and from the beginning again for each, because a manager cannot be put back. Orders in which
 * the same happens on every node are one world (see `keepsNormalForm`).
 */
export class Explorer {
  worlds = 0
  /** Worlds in which a message was lost, doubled or delayed. */
  perturbed = 0
  steps = 0
  readonly broken: BrokenWorld[] = []
  readonly #options: ExplorerOptions
  #world: World | undefined

  constructor(options: ExplorerOptions) {
    this.#options = options
  }

  async explore(program: Program): Promise<void> {
    const tellsUses = program.operations.some(({ kind }) => kind === 'touch')
    const compares = program.operations.some(({ kind }) => kind === 'compare')
    const forks: Fork[] = []
    do {
      // A comparison that fails is not over with its world.
      if (compares || this.#world?.tellsUses !== tellsUses) this.#world = undefined
      const world = await this.#cluster(tellsUses)
      world.begin(program)
      const path: Move[] = []
      for (const fork of forks) this.#goOn(world, path, fork)
      for (let fork = forkAt(world, path); fork.moves.length > 0; fork = forkAt(world, path)) {
        forks.push(fork)
        this.#goOn(world, path, fork)
      }
      if (world.isComplete) await this.#judge(world, program, path)
      else world.comeToRest()
    } while (turn(forks))
  }

  /** When a step is made for the first time, it shows how many messages it sends: for each there are more ways to go on. */
  #goOn(world: World, path: Move[], fork: Fork): void {
    const move = fork.moves[fork.at]!
    const mayFail = path.every(({ fault }) => !fault) && !move.fault
    const sent = world.perform(move)
    path.push(move)
    this.steps++
    if (fork.sent[fork.at] === undefined && mayFail) fork.moves.splice(fork.at + 1, 0, ...this.#faultsOf(move, sent))
    fork.sent[fork.at] ??= sent
    if (fork.sent[fork.at] !== sent)
      throw new Error(`the same path sent ${fork.sent[fork.at]} messages once and ${sent} now`)
  }

  #faultsOf({ step }: Move, sent: number): Move[] {
    const messages = Array.from({ length: sent }, (_, message) => message)
    return messages.flatMap(message =>
      this.#options.perturbations.map(perturbation => ({ step, fault: { message, perturbation } })),
    )
  }

  /** What broke is done again among nodes that have seen nothing else: a world stands for itself. */
  async #judge(world: World, program: Program, path: readonly Move[]): Promise<void> {
    this.worlds++
    if (path.some(({ fault }) => fault)) this.perturbed++
    const seen = brokenPromises(world)
    if (seen.length === 0) return
    this.#world = undefined
    const broken = await judgeAlone(this.#options, program, path)
    this.broken.push({
      program,
      path,
      broken: broken.length > 0 ? broken : seen.map(text => `only among others: ${text}`),
    })
  }

  async #cluster(tellsUses: boolean): Promise<World> {
    if (!this.#world || this.#world.isOld) this.#world = await World.start({ ...this.#options, tellsUses })
    return this.#world
  }
}

/** One world on nodes of its own: the promises it breaks. */
async function judgeAlone(options: WorldOptions, program: Program, path: readonly Move[]): Promise<readonly string[]> {
  const world = await World.start(options)
  world.begin(program)
  for (const move of path) world.perform(move)
  return brokenPromises(world)
}

function forkAt(world: World, path: readonly Move[]): Fork {
  const steps = world.enabled().filter(step => keepsNormalForm(path, step))
  return { moves: steps.map(step => ({ step })), at: 0, sent: [] }
}

/** The next way at the last place that has one; false: all have been gone. */
function turn(forks: Fork[]): boolean {
  for (let fork = forks.at(-1); fork; fork = forks.at(-1)) {
    if (++fork.at < fork.moves.length) return true
    forks.pop()
  }
  return false
}
