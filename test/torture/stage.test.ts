import t from 'tap'
import type { NodeProcess } from './node/node-process.js'
import { Stage } from './scenarios/stage.js'

t.test('what the processes of a scenario log as errors, or die of, is not kept, whatever else was', async t => {
  const stage = new Stage('any', true, '')
  const n1 = { name: 'n1', incarnation: 'n1#1' } as NodeProcess
  stage.withoutTrouble()
  stage.watch.told(n1, { at: 1, type: 'trouble', trouble: 'loop-delay', what: 'the event loop', ms: 300 })
  stage.withoutTrouble()
  stage.watch.told(n1, { at: 2, type: 'trouble', trouble: 'logged-error', what: 'a listener failed' })
  stage.withoutTrouble()
  t.strictSame(
    stage.lines.map(({ figure, isKept }) => [figure, isKept]),
    [
      ['none', true],
      ['none', true],
      ['n1: logged-error: a listener failed', false],
    ],
  )
})
