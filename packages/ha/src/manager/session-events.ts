import type { DeathReason } from '../state/session-state.js'

/** `local`: this node's application did it. Otherwise it was replicated from another node. */
interface Origin {
  readonly id: string
  readonly local: boolean
}

/** What a manager tells the application. Values are functions, because decoding costs and few listeners look. */
export interface SessionEvents {
  sessionCreated: (event: Origin) => void
  sessionDestroyed: (event: Origin & { readonly reason: DeathReason; attributes(): Record<string, unknown> }) => void
  sessionExpired: (event: Origin & { attributes(): Record<string, unknown> }) => void
  sessionIdChanged: (event: Origin & { readonly oldId: string }) => void
  attributeChanged: (event: Origin & { readonly name: string; value(): unknown; previous(): unknown }) => void
  /** Two nodes (or two requests) wrote the attribute without having seen each other. The same value was kept everywhere. */
  conflict: (event: Origin & { readonly name: string; kept(): unknown; dropped(): unknown }) => void
}
