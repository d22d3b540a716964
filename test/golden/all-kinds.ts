import type { GoldenKind } from './golden-kind.js'
import { cookies, tokens } from './kinds/cookies.js'
import { frames } from './kinds/frames.js'
import { heartbeats } from './kinds/heartbeats.js'
import { greetings, rings, sealedDatagrams } from './kinds/secured.js'
import { sessionMessages } from './kinds/session-messages.js'
import { states } from './kinds/states.js'
import { values } from './kinds/values.js'
import { endings, rpcs, socketParts, userQuestions } from './kinds/words.js'

export const ALL_KINDS: readonly GoldenKind[] = [
  heartbeats,
  frames,
  sessionMessages,
  states,
  values,
  tokens,
  cookies,
  userQuestions,
  rpcs,
  endings,
  socketParts,
  greetings,
  sealedDatagrams,
  rings,
]
