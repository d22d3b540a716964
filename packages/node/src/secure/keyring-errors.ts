/** What cannot be done with the keys of a cluster. The messages name keys by id, never by secret. */
export class KeyringError extends Error {
  readonly code: string
  constructor(code: string, message: string) {
    super(message)
    this.name = new.target.name
    this.code = code
  }
}

/** No key of this ring has that id. */
export class UnknownKeyError extends KeyringError {
  readonly id: string
  constructor(id: string) {
    super(
      'CLOWDER_UNKNOWN_KEY',
      `there is no key ${id} in this cluster: list() names those that there are, and addKey brings another`,
    )
    this.id = id
  }
}

/** What is said is said with it: it can be neither retired nor removed. */
export class KeyInUseError extends KeyringError {
  readonly id: string
  constructor(id: string) {
    super('CLOWDER_KEY_IN_USE', `key ${id} is the current one: use another with useKey before this one is removed`)
    this.id = id
  }
}

/** A key that was removed, or is about to be, never comes back. */
export class KeyRemovedError extends KeyringError {
  readonly id: string
  constructor(id: string) {
    super(
      'CLOWDER_KEY_REMOVED',
      `key ${id} has been removed from this cluster, or is retired, and does not come back: take a new secret`,
    )
    this.id = id
  }
}

/** As many keys as members offer each other. */
export class TooManyKeysError extends KeyringError {
  readonly limit: number
  constructor(limit: number) {
    super(
      'CLOWDER_TOO_MANY_KEYS',
      `there are ${limit} keys already, and no more are offered when members meet: remove one with removeKey first`,
    )
    this.limit = limit
  }
}
