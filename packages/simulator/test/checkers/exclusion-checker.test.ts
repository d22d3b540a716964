import t from 'tap'
import { HistoryBuilder } from './history-builder.js'

const told = { interference: { areStandstillsTold: true } }
const running = () => new HistoryBuilder().after(10_000)
/** c is dropped by a, and is back in a moment. */
const flicker = (h: HistoryBuilder) => findings(h.view('a', 'b').view('a', 'b', 'c'))
/** Of this checker only: that views agree after a while is another one's. */
const findings = (h: HistoryBuilder, options: object = told) =>
  h.violations('I8', options).filter(what => /dropped|took/.test(what))

t.test('a member that lives and is dropped is told, also when it is back in a moment', async t => {
  t.match(flicker(running()), [/a dropped c from its view, which lived and was connected/])
})

t.test('lost heartbeats, clocks and short standstills are no reason to drop anybody', async t => {
  for (const fault of ['F14', 'F20', 'F21', 'F32']) t.equal(flicker(running().fault(fault)).length, 1, fault)
  const paused = running().fault('F07').process('c', 'pause').after(1_500).process('c', 'resume').fault('F07', true)
  t.equal(flicker(paused).length, 1)
  const stalled = running().fault('F09').process('a', 'stall').after(2_300).process('a', 'resume').fault('F09', true)
  t.equal(flicker(stalled).length, 1, 'who stood still itself accuses nobody')
})

t.test('a cut, or a long standstill, is a reason, and for some seconds afterwards', async t => {
  t.strictSame(flicker(running().fault('F24')), [])
  t.strictSame(flicker(running().fault('F24').fault('F24', true).after(3_000)), [])
  t.equal(flicker(running().fault('F24').fault('F24', true).after(6_000)).length, 1)
  t.strictSame(flicker(running().fault('F24').phase('healed').after(3_000)), [])
  t.strictSame(flicker(running().process('c', 'pause').after(2_500)), [])
  t.strictSame(flicker(running().process('a', 'stall').after(3_000).process('a', 'resume').view('c', 'b')), [])
})

t.test('where standstills are not told of, any process may stand still while such a fault is open', async t => {
  const h = running().fault('F09').view('a', 'b').fault('F09', true).view('a', 'b', 'c')
  t.strictSame(findings(h, {}), [])
})

t.test('who starts or says goodbye may be dropped', async t => {
  t.strictSame(flicker(running().kill('c').start('c').after(3_000)), [])
  t.strictSame(flicker(running().process('c', 'stopping').after(8_000)), [])
  t.strictSame(findings(running().view('a', 'b').after(2_000).process('c', 'stop')), [])
})

t.test('who starts while another one sleeps is new to it when it wakes', async t => {
  const sleeping = () => running().kill('c').after(5_000).process('a', 'pause').after(1_000).start('c')
  const woken = (sleptMs: number) => sleeping().after(sleptMs).process('a', 'resume').view('c', 'a', 'b').after(5_500)
  t.strictSame(flicker(woken(3_000)), [])
  t.equal(flicker(woken(3_000).after(1_000)).length, 1)
  const renamed = running().process('a', 'pause').after(1_000).process('c', 'new-incarnation').after(3_000)
  t.strictSame(
    flicker(renamed.process('a', 'resume').view('c', 'a', 'b').after(5_500)),
    [],
    'or takes another incarnation',
  )
})

t.test('who is gone does not come back into a view', async t => {
  const gone = () => running().process('c', 'stop').view('a', 'b')
  t.match(findings(gone().after(1_000).view('a', 'b', 'c')), [/a took c into its view, which has been gone/])
  t.strictSame(findings(gone().view('a', 'b', 'c')), [], 'its last words were on their way')
  t.strictSame(findings(gone().start('c').after(1_000).view('a', 'b', 'c')), [])
})
