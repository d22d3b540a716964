import type { DeathReason } from '../state/death.js'

/** `local`: this node's application did it. Otherwise it was replicated from another node. */
interface Origin {
  readonly id: string
  readonly local: boolean
}

interface AttributeChange {
  readonly name: string
  readonly had: boolean
  readonly has: boolean
  value(): unknown
  previous(): unknown
}

/** What a manager tells the application. Values are functions, because decoding costs and few listeners look. */
export interface SessionEvents {
  /** `oldId`: it is no new one, and had that id before. */
  sessionCreated: (event: Origin & { readonly oldId?: string }) => void
  sessionDestroyed: (event: Origin & { readonly reason: DeathReason; attributes(): Record<string, unknown> }) => void
  sessionExpired: (event: Origin & { attributes(): Record<string, unknown> }) => void
  sessionIdChanged: (event: Origin & { readonly oldId: string }) => void
  /** `had`: there was a value before; `has`: there is one now. Undefined may be a value. */
  attributeChanged: (event: Origin & AttributeChange) => void
  /** Two nodes (or two requests) wrote the attribute without having seen each other. The same value was kept everywhere. */
  conflict: (event: Origin & { readonly name: string; kept(): unknown; dropped(): unknown }) => void
}
