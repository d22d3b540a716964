import { replay } from './replay.js'
import { type RunOptions, readRunOptions, USAGE } from './run-options.js'
import { search } from './search.js'

// `npm run simulate`: a search through many seeds, or one seed looked at closely.

function options(): RunOptions {
  try {
    return readRunOptions(process.argv.slice(2))
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n${USAGE}\n`)
    process.exit(2)
  }
}

const given = options()
const isClean = given.seeds === 1 ? await replay(given) : await search(given)
process.exitCode = isClean ? 0 : 1
