import { setTimeout as delay } from 'node:timers/promises'
import { HistoryRecorder } from '../history/history-recorder.js'
import { nowMs } from '../history/monotonic.js'
import { Crowd } from '../load/crowd.js'
import type { Stage } from './stage.js'

/** As a deployment does it: out of the balancer, SIGTERM, the new process, back into the balancer; under load. */
export async function rollingRestart(stage: Stage): Promise<void> {
  const bed = await stage.open(3)
  const { life, network } = bed
  const history = new HistoryRecorder(
    { seed: 0, nodes: life.names, idleLimitMs: null, bounds: {}, maxWaitMs: 0 },
    false,
  )
  const crowd = new Crowd({ hosts: network.hosts, history }, { seed: 1, browsers: 12, stickyShare: 0.5, thinkMs: 40 })
  crowd.start()
  await delay(500)
  let endedWell = 0
  for (const name of life.names) {
    crowd.balancer.takeOut(name)
    await delay(300)
    if (await life.terminate(name)) endedWell++
    await life.start(name)
    crowd.balancer.putBack(name)
    await delay(300)
  }
  await crowd.stop()
  const responses = history.finish().filter(event => event.kind === 'response')
  const bad = responses.filter(r => r.outcome === 'lost' || r.outcome === 'failed' || r.outcome === 'refused')
  // What another request has ended meanwhile is rightly flagged: nobody is answered from it any more.
  const lastMs = new Map(responses.flatMap(r => (r.isStale || !r.session ? [] : [[r.session, r.at] as const])))
  const stale = responses.filter(r => r.isStale && lastMs.get(r.session!)! > r.at)
  stage.atLeast('processes that ended by themselves, with code 0', endedWell, life.names.length)
  stage.atLeast('requests meanwhile', responses.length, 100)
  stage.atMost('of these not answered well', bad.length, 0)
  stage.atMost('answers flagged stale', stale.length, 0)
  stage.within('from the last restart to the same everywhere', await stage.whole(bed), 2_000)
}

/** All at once, as after a power cut: nobody waits for somebody who would know more. */
export async function coldStart(stage: Stage): Promise<void> {
  const bed = await stage.open(3)
  const { life } = bed
  const timesMs: number[] = []
  const rounds = stage.rounds(5, 2)
  for (let round = 0; round < rounds; round++) {
    await life.kill(life.names)
    const sinceMs = nowMs()
    await Promise.all(life.names.map(name => life.start(name)))
    await stage.whole(bed)
    timesMs.push(nowMs() - sinceMs)
  }
  stage.times('kill -9 of all, start of all, until all serve and see each other', timesMs, { p99: 3_000 })
}
