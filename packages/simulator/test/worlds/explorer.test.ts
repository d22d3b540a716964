import t from 'tap'
import { Explorer } from '../../src/worlds/explorer.js'
import { nodeName, type Program, programsOf, programText } from '../../src/worlds/operation.js'
import type { Move, Step } from '../../src/worlds/step.js'
import { World } from '../../src/worlds/world.js'

const OPTIONS = { nodes: 2, skewsMs: [0, 30], perturbations: [] }

/** What happened on each node, in its order; requests that begin one after the other are one happening. */
function historyOf(path: readonly Move[]): string {
  return [0, 1]
    .map(node => {
      const texts: string[] = []
      let begun: string[] = []
      for (const { step } of path.filter(move => move.step.node === node)) {
        if (step.kind === 'begin') begun.push(textOf(step))
        else {
          texts.push(...begun.sort(), textOf(step))
          begun = []
        }
      }
      return `${nodeName(node)}: ${[...texts, ...begun.sort()].join(', ')}`
    })
    .join(' | ')
}

function textOf(step: Step): string {
  if ('operation' in step) return `${step.kind} ${step.operation}`
  return 'type' in step ? `${step.type} of ${nodeName(step.from)}` : step.kind
}

/** Every order of steps whatsoever, by trying all that is possible everywhere. */
async function* everyOrder(program: Program, path: readonly Move[] = []): AsyncGenerator<readonly Move[]> {
  const world = await World.start(OPTIONS)
  world.begin(program)
  for (const move of path) world.perform(move)
  const steps = world.enabled()
  if (steps.length === 0) yield path
  for (const step of steps) yield* everyOrder(program, [...path, { step }])
}

t.test('leaving out orders that differ in nothing leaves out nothing else', async t => {
  const kinds = ['set', 'destroy', 'regenerate'] as const
  let orders = 0
  for (const isFresh of [false, true]) {
    for (const program of programsOf({ kinds, nodes: 2, operations: 2, isFresh })) {
      const histories = new Set<string>()
      for await (const path of everyOrder(program)) {
        orders++
        histories.add(historyOf(path))
      }
      const explorer = new Explorer(OPTIONS)
      await explorer.explore(program)
      t.equal(explorer.worlds, histories.size, programText(program))
    }
  }
  t.ok(orders > 900, `${orders} orders`)
})
