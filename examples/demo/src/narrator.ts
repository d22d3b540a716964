import type { Demo } from './demo.js'
import { Story } from './story.js'

/** Many times what the story needs on a quiet machine; whoever needs more is stuck. */
const TIMEOUT_PER_NODE_MS = 30_000

/** Runs the acceptance story: a line per step and the line of JSON on standard output, on standard error what went wrong. True when nothing did. */
export async function tellStory({ supervisor, journal, site }: Demo): Promise<boolean> {
  const print = (line: string) => void process.stdout.write(`${line}\n`)
  const story = new Story({ supervisor, site, print })
  const trouble = await troubleOf(
    supervisor.startAll().then(() => story.run()),
    supervisor.names.length * TIMEOUT_PER_NODE_MS,
  )
  const result = story.result()
  const ok = result.ok && trouble === undefined
  if (!ok) {
    const entries = journal.entries.map(
      ({ at, node, level, text }) => `${new Date(at).toISOString()} ${node} ${level}: ${text}`,
    )
    const troubles = trouble === undefined ? story.tally.troubles : [...story.tally.troubles, trouble]
    process.stderr.write(`${[...entries, '', ...troubles].join('\n')}\n`)
  }
  print(JSON.stringify({ ...result, ok }))
  return ok
}

/** Why the story was not told to its end, if so. */
async function troubleOf(story: Promise<unknown>, timeoutMs: number): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined
  const tooLong = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`the story did not end within ${timeoutMs} ms`)), timeoutMs)
  })
  try {
    await Promise.race([story, tooLong])
    return undefined
  } catch (error) {
    return (error as Error).message
  } finally {
    clearTimeout(timer)
  }
}
