import { parseArgs } from 'node:util'
import { COATS } from './coat.js'

export interface DemoOptions {
  readonly help: boolean
  /** Run the acceptance story and exit. */
  readonly script: boolean
  readonly nodeCount: number
  readonly host: string
  /** The first port to try for the balancer. */
  readonly port: number
}

export const USAGE = `Usage: npm run demo -- [options]

Starts app processes that share their sessions, behind a balancer, and prints the address to open.

  --script      no hands: runs the acceptance story, prints one line of JSON, exits 0 or 1
  --nodes N     app processes, 2 to ${COATS.length} (3)
  --port N      the balancer's port; the next free one if it is taken (8080)
  --host HOST   the balancer's address; 0.0.0.0 to try it on a phone (127.0.0.1)
  --help        this text
`

/** Something on the command line that cannot be meant; the message is for the person who typed it. */
export class UsageError extends Error {}

/** Throws UsageError. */
export function readDemoOptions(args: readonly string[]): DemoOptions {
  const { help, script, nodes, port, host } = parsed(args)
  return {
    help,
    script,
    host,
    nodeCount: wholeNumber('--nodes', nodes, 2, COATS.length),
    port: wholeNumber('--port', port, 1, 65_535),
  }
}

function parsed(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        help: { type: 'boolean', default: false },
        script: { type: 'boolean', default: false },
        nodes: { type: 'string', default: '3' },
        port: { type: 'string', default: '8080' },
        host: { type: 'string', default: '127.0.0.1' },
      },
    })
    return values
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

function wholeNumber(option: string, given: string, least: number, most: number): number {
  const number = /^\d+$/.test(given) ? Number(given) : Number.NaN
  if (number >= least && number <= most) return number
  throw new UsageError(`${option} is '${given}'; a whole number from ${least} to ${most} is allowed`)
}
