import type { ReadStream } from 'node:tty'
import type { Action, Supervisor } from './supervisor.js'

const KEYS: Readonly<Record<string, Action>> = { k: 'kill', s: 'stop', r: 'start', c: 'cut', u: 'reconnect' }
const CTRL_C = '\u0003'

export const KEYS_TEXT =
  'Keys: 1 2 3 … choose a node, then k kill -9, s stop gracefully, r run, c cut off, u undo the cut; q quit'

/** The page's buttons for those who stay in the terminal: a node's number, then what to do with it. */
export function listenToKeys(input: ReadStream, supervisor: Supervisor, quit: () => void): void {
  let chosen = supervisor.names[0]!
  input.setRawMode(true).setEncoding('utf8')
  input.on('data', keys => {
    for (const key of String(keys)) {
      if (key === 'q' || key === CTRL_C) return quit()
      chosen = supervisor.names[Number(key) - 1] ?? chosen
      const action = KEYS[key]
      // What fails is in the journal already.
      if (action) supervisor.act(action, chosen).catch(() => {})
    }
  })
}
