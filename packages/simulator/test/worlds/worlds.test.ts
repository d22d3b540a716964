import t from 'tap'
import {
  type EnumerationOptions,
  type EnumerationResult,
  enumerateWorlds,
  REQUEST_KINDS,
} from '../../src/worlds/enumeration.js'
import { worldText } from '../../src/worlds/world-text.js'

/** The first few broken worlds as people read them: a test that fails shows what happened. */
function brokenTexts({ broken }: EnumerationResult): readonly string[] {
  return broken.slice(0, 3).map(world => worldText(world))
}

const spaces: readonly (EnumerationOptions & { readonly title: string; readonly atLeast: number })[] = [
  {
    title: 'two nodes, three requests of any kind, one message lost, doubled, delayed or none',
    nodes: 2,
    operations: 3,
    freshOperations: 2,
    kinds: REQUEST_KINDS,
    atLeast: 58_000,
  },
  {
    title: 'two nodes that write two attributes',
    nodes: 2,
    operations: 2,
    freshOperations: 2,
    kinds: ['set', 'add', 'remove'],
    atLeast: 1_000,
  },
  {
    title: 'two nodes that compare their tables meanwhile',
    nodes: 2,
    operations: 2,
    freshOperations: 1,
    kinds: ['set', 'remove', 'destroy', 'compare'],
    atLeast: 1_000,
  },
  {
    title: 'two nodes of which one has a clock an hour ahead, two requests that change something',
    nodes: 2,
    operations: 2,
    freshOperations: 1,
    kinds: ['set', 'remove', 'destroy', 'regenerate'],
    clocks: 'wrong',
    atLeast: 700,
  },
  {
    title: 'three nodes, two requests that change something, one message lost, doubled, delayed or none',
    nodes: 3,
    operations: 2,
    freshOperations: 1,
    kinds: ['set', 'remove', 'destroy', 'regenerate'],
    atLeast: 10_000,
  },
]

for (const { title, atLeast, ...options } of spaces) {
  t.test(`in every world of ${title}, what is promised holds`, async t => {
    const result = await enumerateWorlds(options)
    t.strictSame(brokenTexts(result), [])
    t.ok(result.worlds >= atLeast, `${result.worlds} worlds`)
    t.comment(`${result.worlds} worlds of ${result.programs} programs, ${result.perturbed} of them perturbed`)
  })
}
