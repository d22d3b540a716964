import t from 'tap'
import { editedSource } from '../../src/mutants/edited-source.js'

const SOURCE = ['function a() {', '    return 1;', '}', 'function b() {', '    return 1;', '    return 2;', '}'].join(
  '\n',
)
const edit = { file: 'ha/x.js', becomes: 'return 3' }

t.test('a line that occurs once is replaced, whatever its indentation and semicolon', async t => {
  const edited = editedSource(SOURCE, { ...edit, line: 'return 2' }, 'm')
  t.equal(edited, SOURCE.replace('    return 2;', 'return 3'))
})

t.test('of a line that occurs twice the first one after another is replaced', async t => {
  const edited = editedSource(SOURCE, { ...edit, after: 'function b() {', line: 'return 1' }, 'm')
  t.equal(edited.split('\n')[1], '    return 1;')
  t.equal(edited.split('\n')[4], 'return 3')
})

t.test('a mutant whose line is gone, or stands there twice, says so', async t => {
  const applied = (part: { line: string; after?: string }) => () => editedSource(SOURCE, { ...edit, ...part }, 'm')
  const code = 'SIMULATOR_MUTANT_DOES_NOT_APPLY'
  t.throws(applied({ line: 'return 4' }), {
    code,
    message: /'m' does not apply any more: its line is gone in ha\/x\.js: return 4/,
  })
  t.throws(applied({ line: 'return 1' }), { code, message: /occurs 2 times/ })
  t.throws(applied({ line: 'return' }), { code }, 'a part of a line is no line')
  t.throws(applied({ line: 'return 1', after: 'function c() {' }), { code, message: /function c\(\) \{/ })
  t.throws(applied({ line: 'function a() {', after: 'function b() {' }), { code, message: /gone/ })
})
