import t from 'tap'
import { HistoryBuilder } from './history-builder.js'

const options = { detection: { silentMs: 4_000, unreachableMs: 7_000 } }
const LONG_AGO_MS = 20_000
const seen = (h: HistoryBuilder) =>
  h.violations('I8', options).filter(what => what.includes('in its view, which has been'))
const whole = () => new HistoryBuilder().after(LONG_AGO_MS)

t.test('who was killed, or stands still, is soon in nobody’s view', async t => {
  const late = (h: HistoryBuilder, ms = 4_000) => h.after(ms).request('ann', 'a')
  for (const end of ['kill', 'off', 'pause'] as const) {
    const h = whole().process('c', end)
    late(h)
    t.equal(seen(h).length, 2, end)
    t.match(seen(h)[0], /a still has c in its view, which has been silent since/)
    const noticed = whole().process('c', end).after(3_000).view('a', 'b').view('b', 'a')
    late(noticed)
    t.strictSame(seen(noticed), [], end)
  }
  const goodbye = whole().process('c', 'stop')
  late(goodbye)
  t.strictSame(seen(goodbye), [], 'the membership checker sees to that')
  const again = whole().kill('c').after(1_000).start('c')
  late(again)
  t.strictSame(seen(again), [], 'it is back')
  const unwell = whole().process('a', 'stall').process('b', 'stall').kill('c')
  late(unwell)
  t.strictSame(seen(unwell), [], 'those that stood still grant more time')
})

t.test('who was killed is in nobody’s view soon after, where nothing has come between those that run', async t => {
  const soon = (before?: (h: HistoryBuilder) => HistoryBuilder, ms = 1_600) => {
    const h = (before?.(whole()) ?? whole()).kill('c').after(ms)
    h.request('ann', 'a')
    return h.violations('I8', { detection: { killedMs: 1_500 } })
  }
  t.match(soon(), [/a still has c in its view, which was killed, and has been silent since/, /b still has c/])
  t.strictSame(soon(undefined, 1_000), [])
  t.strictSame(
    soon(h => h.fault('F24')),
    [],
  )
  t.strictSame(
    soon(h => h.process('a', 'stall').process('b', 'stall')),
    [],
  )
  const noticed = whole().kill('c').view('a', 'b').view('b', 'a').after(1_600)
  noticed.request('ann', 'a')
  t.strictSame(noticed.violations('I8', { detection: { killedMs: 1_500 } }), [])
})

t.test('who reads only now what another said before it fell silent may still vouch for it', async t => {
  const silent = (h: HistoryBuilder, goOn: (h: HistoryBuilder) => HistoryBuilder, ms: number) => {
    const late = goOn(h.kill('c').after(2_000)).after(ms)
    late.request('ann', 'a')
    return seen(late).length
  }
  const paused = () => whole().process('b', 'pause')
  t.equal(
    silent(paused(), h => h.process('b', 'resume'), 3_000),
    0,
  )
  t.equal(
    silent(paused(), h => h.process('b', 'resume'), 4_000),
    1,
    'a, which has not stood still',
  )
  t.equal(
    silent(paused(), h => h, 2_000),
    2,
    'nobody has vouched for it, nor for b',
  )
  const slow = () => whole().fault('F31')
  t.equal(
    silent(slow(), h => h.fault('F31', true), 3_000),
    0,
  )
  t.equal(
    silent(slow(), h => h.fault('F31', true), 4_000),
    2,
  )
  const later = whole().kill('c').after(1_000).fault('F31').after(1_000).fault('F31', true).after(2_000)
  later.request('ann', 'a')
  t.equal(seen(later).length, 2, 'who was held up later has read it before')
})

t.test('what was said before a silence is heard on a slow network until the last of it has arrived', async t => {
  const seenAfter = (ms: number, lastWordsMs: number) => {
    const h = whole().pauses('c', lastWordsMs).after(ms)
    h.request('ann', 'a')
    return seen(h).length
  }
  t.equal(seenAfter(4_000, 0), 2)
  t.equal(seenAfter(5_500, 2_000), 0)
  t.equal(seenAfter(6_500, 2_000), 2)
  t.equal(seenAfter(3_000, -2_000), 0, 'what should have arrived before is not read yet')
  const held = whole().pauses('c', 2_000).after(1_000).process('b', 'pause').after(3_000).process('b', 'resume')
  held.after(3_500).request('ann', 'a')
  t.equal(seen(held).length, 0, 'b has read the last of it only now')
})

t.test('what was said into a cut is heard when the cut ends, also when who said it has fallen silent', async t => {
  const cut = (h: HistoryBuilder, isOver = false, pair = ['c', 'a']) =>
    h.add({ kind: 'fault', fault: 'F23', what: 'cut', isOver, cuts: [pair] } as never)
  const seenAfter = (ms: number, pair?: string[]) => {
    const h = cut(cut(whole(), false, pair).after(1_000).process('c', 'pause').after(2_000), true, pair).after(ms)
    h.request('ann', 'a')
    return seen(h).length
  }
  t.equal(seenAfter(3_000), 0)
  t.equal(seenAfter(4_000), 2)
  t.equal(seenAfter(2_000, ['a', 'c']), 2, 'what it says itself is held up by no other direction')
  const begun = cut(cut(whole().kill('c').after(1_000)).after(1_000), true).after(2_000)
  begun.request('ann', 'a')
  t.equal(seen(begun).length, 2, 'a cut that began later has held up nothing of it')
})

t.test('two between whom nothing passes in one direction have each other no longer', async t => {
  const cut = (ms: number, more: (h: HistoryBuilder) => unknown = () => {}) => {
    const h = whole().add({ kind: 'fault', fault: 'F23', what: 'cut', cuts: [['a', 'b']] } as never)
    more(h)
    return h.after(ms).add({ kind: 'fault', fault: 'F23', what: 'cut', isOver: true, cuts: [['a', 'b']] } as never)
  }
  t.equal(seen(cut(7_000)).length, 2)
  t.strictSame(seen(cut(6_000)), [])
  const slow = (h: HistoryBuilder) => h.after(1_000).fault('F31').after(1_000).fault('F31', true)
  t.strictSame(seen(cut(6_000, slow)), [], 'who reads nothing meanwhile cannot be asked')
  t.equal(seen(cut(7_000, slow)).length, 2)
  t.strictSame(seen(cut(7_000, h => h.after(3_000).fault('F31'))), [], 'nor who reads nothing even now')
  t.equal(seen(cut(7_000, h => h.view('a', 'c'))).length, 1, 'b still has a')
  t.strictSame(seen(cut(7_000, h => h.view('a', 'c').view('b', 'c'))), [])
  const stalled = (node: string) => cut(7_000, h => h.process(node, 'stall').after(1_000).process(node, 'resume'))
  t.strictSame(seen(stalled('b')), [], 'who hears nothing has stood still, and the other one learns it from there')
  t.match(seen(stalled('a')), [/b still has a/])
  t.strictSame(
    cut(7_000)
      .violations('I8')
      .filter(what => what.includes('in its view, which has been')),
    [],
    'by default nothing is claimed',
  )
  const both = (h: HistoryBuilder, isOver = false) =>
    h.add({ kind: 'fault', fault: 'F24', what: 'both', isOver, cuts: [['b', 'a']] } as never)
  const unheard = (h: HistoryBuilder) => both(both(h.after(4_000)).view('b', 'c').after(2_000), true).after(1_000)
  t.strictSame(seen(cut(0, unheard)), [], 'b drops a, and cannot tell it so')
  t.match(seen(cut(7_000, unheard)), [/a still has b/], 'a does not hear anything itself any more')
  const down = (h: HistoryBuilder, isOver = false) =>
    h.add({ kind: 'fault', fault: 'F33', what: 'down', isOver, offline: ['a'] } as never)
  const offline = (h: HistoryBuilder) => down(down(h.after(4_000)).view('b', 'c').after(2_000), true).after(1_000)
  t.strictSame(seen(cut(0, offline)), [], 'b drops a, which is offline and cannot hear it')
  const online = (h: HistoryBuilder) =>
    down(down(h.after(4_000)).after(2_000), true)
      .view('b', 'c')
      .after(1_000)
  t.match(seen(cut(0, online)), [/a still has b/], 'a is there again when it is told')
  const silenced = (h: HistoryBuilder) =>
    h.add({ kind: 'fault', fault: 'F28', what: 'half-open', silenced: ['b'] } as never)
  const mute = (h: HistoryBuilder) => silenced(h.after(3_000)).after(1_000).view('b', 'c').after(3_000)
  t.strictSame(seen(cut(0, mute)), [], 'b drops a, over a connection on which nothing passes any more')
  const reset = (h: HistoryBuilder, ...resets: string[][]) =>
    h
      .after(3_000)
      .add({ kind: 'fault', fault: 'F29', what: 'reset', resets } as never)
      .after(1_000)
      .view('b', 'c')
      .after(3_000)
  t.strictSame(seen(cut(0, h => reset(h, ['a', 'b']))), [], 'b drops a, and there can be no other connection')
  t.match(seen(cut(0, h => reset(h, ['a', 'c'], ['b', 'c']))), [/a still has b/], 'that of others does not matter')
  const slowness = (h: HistoryBuilder, isOver = false) =>
    h.add({ kind: 'fault', fault: 'F21', what: 'slow', backlogMs: 2_000, isOver } as never)
  const slowed = (ms: number, more = (h: HistoryBuilder) => h) =>
    cut(0, h => more(slowness(h).after(4_000)).view('b', 'c').after(ms))
  t.strictSame(seen(slowed(9_000)), [], 'b drops a, and its last word does not leave')
  t.match(seen(slowed(10_000)), [/a still has b/], 'all that was said before has arrived long ago')
  const over = (ms: number) => slowed(6_000, h => slowness(h, true).after(ms))
  t.strictSame(seen(over(1_000)), [], 'the network is fast again, but not what is on its way')
  t.match(seen(over(2_000)), [/a still has b/], 'nothing is in front of the last word any more')
  const before = silenced(whole()).add({ kind: 'fault', fault: 'F23', what: 'cut', cuts: [['a', 'b']] } as never)
  t.match(
    seen(before.after(4_000).view('b', 'c').after(3_000).phase('healed')),
    [/a still has b/],
    'they had another connection since',
  )
  const heard = (h: HistoryBuilder) => both(both(h.after(4_000).view('b', 'c')).after(2_000), true).after(1_000)
  t.match(seen(cut(0, heard)), [/a still has b/], 'a was told before')
  const anew = (h: HistoryBuilder) => h.after(4_000).kill('b').start('b').after(3_000)
  t.strictSame(seen(cut(0, anew)), [], 'where b was before there is another process')
  const healed = whole().add({ kind: 'fault', fault: 'F23', what: 'cut', cuts: [['a', 'b']] } as never)
  t.equal(seen(healed.after(7_000).phase('healed')).length, 2, 'the heal ends it')
})
