import t from 'tap'
import { readDemoOptions, UsageError } from '../src/demo-options.js'

t.test('without arguments there are three nodes and somebody to press the buttons', async t => {
  t.strictSame(readDemoOptions([]), { help: false, script: false, nodeCount: 3, host: '127.0.0.1', port: 8080 })
})

t.test('what cannot be meant is refused with its name', async t => {
  const refused: [string[], RegExp][] = [
    [['--sript'], /--sript/],
    [['8080'], /8080/],
    [['--nodes', '1'], /--nodes is '1'.* 2 to 6/],
    [['--nodes', 'three'], /--nodes is 'three'/],
    [['--port', '70000'], /--port is '70000'/],
    [['--port'], /--port/],
  ]
  for (const [args, message] of refused) {
    t.match(refusal(args), message)
  }
})

function refusal(args: readonly string[]): string {
  try {
    readDemoOptions(args)
    return 'accepted'
  } catch (error) {
    if (error instanceof UsageError) return error.message
    throw error
  }
}
