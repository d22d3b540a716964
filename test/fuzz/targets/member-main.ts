// A process with one member, for `MemberProcess`: its plan is the argument.
import { LiveMember } from './live-member.js'
import type { MemberAnswer, MemberQuestion } from './member-process.js'

const member = await LiveMember.started(JSON.parse(process.argv[2]!))
process.on('message', question => void answer(question as MemberQuestion))
process.once('disconnect', () => process.exit())
say({ number: 0 })

async function answer({ number, ask, id }: MemberQuestion): Promise<void> {
  try {
    say({ number, of: await member[ask](id!) })
  } catch (error) {
    say({ number, error })
  }
}

function say(answer: MemberAnswer): void {
  process.send!(answer)
}
