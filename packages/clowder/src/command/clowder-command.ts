import { randomBytes } from 'node:crypto'
import { parseArgs } from 'node:util'

/** Where a command writes. */
export interface CommandOutput {
  readonly stdout: { write(text: string): unknown }
  /** `isTTY`: a person reads along. */
  readonly stderr: { write(text: string): unknown; readonly isTTY?: boolean }
}

const USAGE = `Usage: clowder COMMAND

  clowder secret    prints a new secret for a cluster: 32 random bytes, 43 characters
  clowder --help    prints this
`

const HOW_TO_USE_IT = `
Give it to every member, and to nobody else:

  CLOWDER_SECRET=...  in the environment of each process, from wherever you keep secrets, or
  createCluster({ secret: ... })

Members with one secret authenticate each other, encrypt what they say, and sign session cookies.
`

const SECRET_BYTES = 32

/** The `clowder` command. Answers the exit code: 0, or 2 when the arguments are not understood. */
export function clowderCommand(args: readonly string[], { stdout, stderr }: CommandOutput): number {
  const command = commandOf(args)
  if (command === 'help') {
    stdout.write(USAGE)
    return 0
  }
  if (command === 'secret') {
    stdout.write(`${randomBytes(SECRET_BYTES).toString('base64url')}\n`)
    if (stderr.isTTY) stderr.write(HOW_TO_USE_IT)
    return 0
  }
  stderr.write(`${command}\n\n${USAGE}`)
  return 2
}

/** The command, or what is wrong. */
function commandOf(args: readonly string[]): string {
  try {
    const options = { help: { type: 'boolean', short: 'h' } } as const
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true })
    if (values.help || positionals[0] === 'help') return 'help'
    if (positionals.length === 1 && positionals[0] === 'secret') return 'secret'
    return positionals.length === 0 ? 'Which command?' : `There is no command "${positionals.join(' ')}".`
  } catch (error) {
    return (error as Error).message
  }
}
