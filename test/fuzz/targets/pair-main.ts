// A process with two members, for `PairProcess`.
import { LivePair } from './live-pair.js'
import type { Trust } from './pair-network.js'
import type { PairAnswer, PairQuestion } from './pair-process.js'

const [name, trust] = process.argv.slice(2) as [string, Trust]
const pair = await LivePair.started(name, trust)
process.on('message', question => void answer(question as PairQuestion))
const { host, port, uniqueId } = pair.first.localMember()
say({ number: 0, of: { host, port, uniqueId } })

async function answer({ number, ask }: PairQuestion): Promise<void> {
  try {
    say({ number, of: await answerTo(ask) })
  } catch (error) {
    say({ number, error })
  }
}

function answerTo(ask: PairQuestion['ask']): unknown {
  if (ask === 'check') return pair.check()
  if (ask === 'memory') return pair.memoryBytes()
  if (ask === 'notes') return pair.notes
  return pair.close()
}

function say(answer: PairAnswer): void {
  process.send!(answer)
}
