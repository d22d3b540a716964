import t from 'tap'
import type { HistoryEvent } from '../../src/history/history-event.js'
import { mergeHistories, readHistory, readLine, writeLine } from '../../src/history/history-lines.js'
import { HistoryRecorder } from '../../src/history/history-recorder.js'

const phase = (at: number, phase: 'healed' | 'settled' = 'healed'): HistoryEvent => ({ kind: 'phase', at, phase })

t.test('what was recorded is read back, event by event', async t => {
  const recorder = new HistoryRecorder()
  const seen: HistoryEvent[] = []
  recorder.tell(event => seen.push(event))
  recorder.record(phase(1))
  recorder.record(phase(2, 'settled'))
  t.strictSame([...readHistory(recorder.text)], recorder.events)
  t.strictSame(seen, recorder.events)
  t.equal(recorder.count, 2)
})

t.test('a recorder that keeps nothing still tells its onlookers', async t => {
  const seen: HistoryEvent[] = []
  const recorder = new HistoryRecorder({ isKept: false }).tell(event => seen.push(event))
  recorder.record(phase(1))
  t.strictSame([recorder.events.length, recorder.text, seen.length, recorder.count], [0, '', 1, 1])
})

t.test('what JSON has no word for is written as null', async t => {
  const run: HistoryEvent = {
    kind: 'run',
    at: 0,
    seed: 1,
    nodes: [],
    idleLimitMs: Number.POSITIVE_INFINITY,
    bounds: {},
    maxWaitMs: 1,
  }
  t.match(readLine(writeLine(run)), { idleLimitMs: null })
})

t.test('a last line that was cut off is left out; a broken one in the middle is told', async t => {
  const text = `${writeLine(phase(1))}\n\n${writeLine(phase(2))}\n`
  t.equal([...readHistory(`${text}{"kind":"pha`)].length, 2)
  t.equal([...readHistory(`${text}${writeLine(phase(3))}`)].length, 3, 'whole, only without its end')
  const message = 'Line 4 of the history is no JSON.'
  t.throws(() => [...readHistory(`${text}{"kind":"pha\n`)], { code: 'SIMULATOR_HISTORY_LINE', lineNumber: 4, message })
  for (const line of ['{"at":1}', '{"kind":"phase"}', 'null', '7'])
    t.throws(() => readLine(line), { code: 'SIMULATOR_HISTORY_LINE' }, line)
})

t.test('several writers become one history by time', async t => {
  const merged = mergeHistories([phase(1), phase(5)], [phase(2), phase(5, 'settled')])
  t.strictSame(merged, [phase(1), phase(2), phase(5), phase(5, 'settled')])
})
