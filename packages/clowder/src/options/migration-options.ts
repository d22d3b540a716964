import type { ExpressSessionStore } from '@clowder/http'
import { z } from 'zod'
import { flag, milliseconds, oneOf, optionalGroup } from './option.js'

const VERBS = ['get', 'set', 'destroy'] as const

const store = z.custom<ExpressSessionStore>(isStore).meta({
  description: 'The store of before, as express-session has it; made for the same sessions.',
  allowed: 'a store for express-session: an object with get, set and destroy',
})

/** From another session store to this cluster, and back. */
export const migrationOptions = optionalGroup(
  {
    store,
    first: oneOf(
      ['old', 'new'],
      'new',
      "Which is believed. 'old': the former store, as long as there are instances that know no other; 'new': the cluster, which asks the former store for what it has never had. Both are written to.",
    ),
    wait: flag(
      true,
      "Whether answers wait until the former store has their changes, at most `timeout`. False: they do not; only once every instance has `first: 'new'`.",
    ),
    timeout: milliseconds(
      1000,
      { min: 1, max: 60_000 },
      'Milliseconds after which the former store is taken to have failed, for this once: it is counted, logged, and the request goes on.',
    ),
  },
  'Moves a live site from another session store, or back, without logging anybody out: see docs/recipes/migration.md.',
)

function isStore(given: unknown): boolean {
  return VERBS.every(verb => typeof (given as Record<string, unknown> | null | undefined)?.[verb] === 'function')
}
