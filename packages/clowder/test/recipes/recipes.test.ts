import t from 'tap'
import { inPlainProcess } from '../support/plain-process.js'

t.test('the samples of docs/recipes', t => inPlainProcess(t, new URL('recipes-suite.ts', import.meta.url)))
