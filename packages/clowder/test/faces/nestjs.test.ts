import t from 'tap'
import { inPlainProcess } from '../support/plain-process.js'

t.test('nest', t => inPlainProcess(t, new URL('nestjs-suite.ts', import.meta.url)))
