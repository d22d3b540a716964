import t from 'tap'
import { Pull } from '../../src/manager/pull.js'

const about = { id: 's', exchange: 1, begunMs: 0, hasStalled: false, ofAll: false }

t.test('a question that is put anew waits for all, whoever had answered, and by another number', async t => {
  const outcomes: string[] = []
  const watcher = {
    waitsForNewcomers: () => false,
    isWorthWaiting: () => false,
    waitOn: () => {},
    finished: (_: Pull, outcome: string) => outcomes.push(outcome),
  }
  const pull = new Pull(about, new Set(['ann', 'bob']), watcher)
  const waited = pull.wait(() => false)
  pull.answered('ann', true)
  t.match(pull.result, { everybodyAnswered: false, isConfirmed: true })
  pull.askedAnew(2, ['ann', 'bob'])
  t.equal(pull.about.exchange, 2)
  t.match(pull.result, { everybodyAnswered: false, isConfirmed: false })
  pull.answered('bob', false)
  t.strictSame([[...pull.unanswered], outcomes], [['ann'], []])
  pull.answered('ann', false)
  t.match(await waited, { everybodyAnswered: true, isConfirmed: false })
  t.strictSame(outcomes, ['all-answered'])
})
