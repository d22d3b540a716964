import { sameBytes } from '../session/working-attribute.js'
import type { EntryChange, LiveState } from '../state/session-state.js'
import { entryOf } from '../state/session-state.js'

/** A session before it got another id, or as it was here until its copy was given away under a request. */
export interface FormerSession {
  readonly id: string
  readonly state: LiveState
}

/** What a commit has changed that is the first of its copy here: under another id everything is written anew. */
export function changesSince({ state: former }: FormerSession, now: LiveState): EntryChange[] {
  const changed = now.entries
    .map(after => ({ before: entryOf(former, after.name), after }))
    .filter(({ before, after }) => !sameBytes(before?.value, after.value))
  const removed = former.entries
    .filter(({ name, value }) => value !== undefined && !entryOf(now, name))
    .map(before => ({ before, after: { ...before, value: undefined } }))
  return [...changed, ...removed]
}
