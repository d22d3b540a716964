import { OptionsError } from '../errors.js'

/** Runs `read`; what a getter or a proxy among the options throws becomes an OptionsError, as everything else that is wrong with options. */
export function readable<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof OptionsError) throw error
    const said = error instanceof Error ? error.message : typeof error
    throw new OptionsError([
      {
        path: 'options',
        given: `given an object that throws when it is read (${said})`,
        allowed: 'allowed: plain values',
      },
    ])
  }
}
