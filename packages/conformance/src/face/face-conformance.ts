import assert from 'node:assert/strict'
import { Dice } from '../dice.js'
import type { TestFunction } from '../store-conformance.js'
import { cookieCases } from './cases/cookie-cases.js'
import { hostileCases } from './cases/hostile-cases.js'
import { sessionCases } from './cases/session-cases.js'
import { timingCases } from './cases/timing-cases.js'
import type { FaceCase } from './face-case.js'
import { FaceHands } from './face-hands.js'
import { applicationOf } from './face-routes.js'
import type { FaceSettings, StartFace } from './face-under-test.js'
import { Gates } from './gates.js'

export interface FaceConformanceOptions {
  /** Decides to which node each request goes. @default 1 */
  readonly seed?: number
  /** Titles of what the middleware is known not to do: it is then looked whether it still does not. */
  readonly known?: readonly string[]
}

const allCases: readonly FaceCase[] = [...cookieCases, ...sessionCases, ...timingCases, ...hostileCases]

const USUAL: FaceSettings = { rolling: false, saveUninitialized: false, unset: 'destroy', maxAge: null }
/** Whoever has not answered by then does not. */
const SILENT_MS = 20_000

/**
 * Registers one test for each thing that a session middleware must do, as a browser sees it. `start` is called for each, and serves the application that it is given on one node, or on
 * several that share their sessions: then each request goes to any of them. Throws when `known` has a title that there is not.
 */
export function faceConformance(
  test: TestFunction,
  start: StartFace,
  { seed = 1, known = [] }: FaceConformanceOptions = {},
): void {
  const strange = known.find(title => !allCases.some(c => c.title === title))
  assert.equal(strange, undefined, 'known: there is no such case')
  for (const [place, faceCase] of allCases.entries()) {
    const isKnown = known.includes(faceCase.title)
    const run = () => runCase(faceCase, start, new Dice(seed * 1_000 + place))
    test(isKnown ? `known not to hold: ${faceCase.title}` : faceCase.title, async () => {
      if (isKnown) await assert.rejects(run, `it does hold: ${faceCase.title}`)
      else await run()
    })
  }
}

async function runCase({ settings, run }: FaceCase, start: StartFace, dice: Dice): Promise<void> {
  const gates = new Gates()
  const face = await start(applicationOf(gates), { ...USUAL, ...settings })
  const hands = new FaceHands(face, dice, gates)
  try {
    await inTime(run(hands))
  } finally {
    hands.close()
    await face.stop()
  }
}

async function inTime(running: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const silent = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no end after ${SILENT_MS} ms`)), SILENT_MS)
  })
  try {
    await Promise.race([running, silent])
  } finally {
    clearTimeout(timer)
  }
}
