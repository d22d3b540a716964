import { createInterface } from 'node:readline'

export type LineCommands = Record<string, (...words: string[]) => unknown>

/** The other side of LineProcess: says `ready`, then answers commands, one at a time, until its input ends. */
export async function serveLines(ready: object, commands: LineCommands): Promise<never> {
  answer(ready)
  for await (const line of createInterface({ input: process.stdin })) {
    const [command = '', ...words] = line.trim().split(' ')
    answer((await commands[command]?.(...words)) ?? {})
  }
  process.exit(0)
}

function answer(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`)
}
