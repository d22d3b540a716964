import { coversToken, type DeltaManager, readToken, type VersionToken } from '@clowder/ha'
import { ByteReader } from '@clowder/tribes'

type SessionState = NonNullable<ReturnType<DeltaManager['inspectCopy']>>['state']

/** A cookie has room for so many: then it names the latest. */
const MOST_WRITERS = 8

/** What a request brought, and what its answer gives. */
export interface CookieExchange {
  /** The values of the two cookies. */
  readonly brought: string | undefined
  readonly given: string
  /** What the answer's session says that its client will have seen, and whether that is to be more than what is here. */
  readonly meant: VersionToken
  readonly isOlder: boolean
  /** This process's copy. */
  readonly state: SessionState | undefined
}

/**
 * What a cookie says that its client has seen is what the session says. And where somebody may be out who has what the client had brought and is not here, nothing of that is forgotten: neither what it
 * had seen, nor by what an id that has ended would be recognized. What is wrong with it; undefined: nothing.
 */
export function wrongInCookie({ brought, given, meant, isOlder, state }: CookieExchange): string | undefined {
  const said = wordsIn(given)
  // Who was out need not be a moment later.
  const isInUse = meant.usedMs !== undefined && said?.token.usedMs === undefined
  if (isInUse || textOf(said?.token) !== textOf(meant))
    return `a cookie says that its client has seen ${textOf(said?.token)}, and its session ${textOf(meant)}${isInUse ? ', in use' : ''}`
  const before = wordsIn(brought)
  if (!said || !isOlder || before?.id !== said.id) return undefined
  if (state?.kind !== 'live' || coversToken(state.vector, before.token)) return undefined
  if (said.token.stamp < before.token.stamp)
    return 'a cookie names an older stamp than it did, and its session lacks what that was'
  const { beginning } = before.token
  if (beginning && !((said.token.beginning?.stamp ?? Number.POSITIVE_INFINITY) <= beginning.stamp))
    return 'a cookie names a later beginning than it did, and its session lacks what it named'
  const isFull = said.token.dots.length === MOST_WRITERS
  const isLess = !coversToken([...state.vector, ...said.token.dots], before.token)
  return isLess && !isFull ? 'a cookie names less than it did, and its session lacks that' : undefined
}

function wordsIn(cookie: string | undefined): { readonly id: string; readonly token: VersionToken } | undefined {
  const [id, text] = cookie?.split('.') ?? []
  if (id === undefined || text === undefined) return undefined
  return { id, token: readToken(new ByteReader(Buffer.from(text, 'base64url'))) }
}

/** The stamp aside: a cookie that says the same but for that is not signed again. */
function textOf({ dots, beginning }: VersionToken = { dots: [], stamp: 0 }): string {
  const names = dots.map(({ actor, counter }) => `${Buffer.from(actor, 'latin1').toString('hex')} ${counter}`)
  return [names.join(', '), ...(beginning ? ['from its beginning'] : [])].join('; ')
}
