// The texts and pictures of the benchmarks are made of bench/results.json: whoever edits one of them, or changes how it is made, runs `node bench/dist/main.js --render`.
import { existsSync, readFileSync } from 'node:fs'
import t from 'tap'
import { readResults, writtenFrom } from '../../bench/src/results.js'

t.test('what is written about measurements is what was measured', async t => {
  for (const { file, text } of writtenFrom(readResults())) {
    const name = file.slice(file.search(/(bench|docs)\/[^/]+(\/[^/]+)?$/))
    t.ok(existsSync(file), `${name} is there`)
    t.ok(readFileSync(file, 'utf8') === text, `${name} says what results.json says`)
  }
})
