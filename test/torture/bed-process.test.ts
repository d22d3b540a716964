import { tmpdir } from 'node:os'
import t from 'tap'
import { type BedJob, undoneOf } from './bed/bed-job.js'
import { BedProcess } from './bed/bed-process.js'

const JOB: BedJob = { kind: 'schedules', seeds: [5, 6, 7], nodesMin: 3, nodesMax: 3, isLong: false, keepsAll: false }

t.test('a bed that cannot even be started fails its job', async t => {
  const { PATH } = process.env
  process.env.PATH = '/nowhere'
  const bed = new BedProcess(tmpdir())
  process.env.PATH = PATH
  await t.rejects(
    bed.work(JOB, () => {}),
    /the bed ended: .*ENOENT/,
  )
  await bed.close()
})

t.test('of a bed that ends in the midst of its job every seed is told that it has not told of', async t => {
  const told = undoneOf(
    JOB,
    [{ kind: 'scenario', name: 'any', lines: [] }, { ...undoneOf(JOB, [], 'x')[0]! }],
    'it ended',
  )
  t.match(told, [
    { kind: 'schedule', seed: 6, error: 'it ended' },
    { kind: 'schedule', seed: 7, error: 'it ended' },
  ])
  t.match(undoneOf({ kind: 'scenario', name: 'any', isSmall: true }, [], 'it ended'), [
    { name: 'any', error: 'it ended' },
  ])
  t.match(undoneOf(JOB, undoneOf(JOB, [], ''), 'it ended'), [{ seed: 7, error: 'it ended' }])
})
