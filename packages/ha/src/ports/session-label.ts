/**
 * Session id → what logs call the session, as a port: a short text that says nothing of the id to whoever has no key, and is the same for the same session on all members.
 * Ids are passwords, and are never written anywhere.
 */
export type SessionLabel = (id: string) => string
