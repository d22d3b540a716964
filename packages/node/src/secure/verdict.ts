import type { Greeting, Verdict } from './greeting.js'

/** What a member would say of itself. */
export type Self = Pick<Greeting, 'lowestProtocol' | 'highestProtocol' | 'cluster' | 'keyIds'>

/** Why two members do not come together. */
export type Refusal = Exclude<Verdict, 'dialler' | 'welcome'>

export type Judgement =
  | { readonly verdict: 'welcome'; readonly chosenKeyId?: string }
  | { readonly verdict: Refusal; readonly chosenKeyId?: undefined }

/**
 * What the acceptor answers a dialler's greeting. Of several secrets that both have, the one that the acceptor uses now is chosen, else the one that comes
 * first with the dialler. The order of the questions is the order in which somebody would put the mistakes right.
 */
export function judgementOf(dialler: Self, here: Self): Judgement {
  if (dialler.lowestProtocol > here.highestProtocol || dialler.highestProtocol < here.lowestProtocol)
    return { verdict: 'other protocol' }
  if (dialler.cluster !== here.cluster) return { verdict: 'other cluster' }
  if (here.keyIds.length === 0)
    return dialler.keyIds.length === 0 ? { verdict: 'welcome' } : { verdict: 'certificates wanted' }
  if (dialler.keyIds.length === 0) return { verdict: 'secret wanted' }
  const shared = dialler.keyIds.filter(id => here.keyIds.includes(id))
  const chosenKeyId = shared.includes(here.keyIds[0]!) ? here.keyIds[0] : shared[0]
  return chosenKeyId === undefined ? { verdict: 'other secret' } : { verdict: 'welcome', chosenKeyId }
}
