import type { Mutant } from './mutant.js'

const LOOKUP = 'ha/manager/session-lookup.js'
const TOKEN = 'ha/state/version-token.js'

/** Bugs in how a request finds its session, and in what is known of what its client has seen. */
export const tokenMutants: readonly Mutant[] = [
  {
    name: 'no-token',
    breaks: "The client's token is ignored: whatever copy is here will do.",
    expected: ['I5'],
    isQuick: true,
    edits: [
      {
        file: LOOKUP,
        line: 'return !seen || seen.dots.length === 0 || isCovered(copy, seen)',
        becomes: 'return true',
      },
    ],
  },
  {
    name: 'token-off-by-one',
    breaks: 'A copy that lacks the last commit that the client has seen is held for new enough.',
    expected: ['I5'],
    isQuick: true,
    edits: [
      {
        file: TOKEN,
        line: 'return known.some(dot => dot.counter >= seen.counter && dot.actor.startsWith(seen.actor))',
        becomes: 'return known.some(dot => dot.counter >= seen.counter - 1 && dot.actor.startsWith(seen.actor))',
      },
    ],
  },
  {
    name: 'token-any-writer',
    breaks: 'A copy is held for new enough when it covers one of the writers that the token names.',
    expected: ['I5'],
    isQuick: true,
    edits: [
      {
        file: TOKEN,
        line: 'return token.dots.every(dot => coversDot(vector, dot))',
        becomes: 'return token.dots.some(dot => coversDot(vector, dot))',
      },
    ],
  },
  {
    name: 'token-forgets',
    breaks: 'A client that was served an older copy forgets what it had seen before.',
    expected: ['I5'],
    edits: [
      {
        file: TOKEN,
        line: 'if (uncovered.length === 0)',
        becomes: 'if (true)',
      },
    ],
  },
  {
    name: 'token-without-newest',
    breaks: 'Of more writers than a token can name it names those who wrote least recently.',
    expected: ['I5'],
    profile: 'folding',
    edits: [
      {
        file: 'ha/session/client-sight.js',
        line: 'const token = tokenOf(heardOf(current), newestStamp(current), () => recencyIn(current))',
        becomes:
          'const token = tokenOf(heardOf(current), newestStamp(current), () => actor => -recencyIn(current)(actor))',
      },
    ],
  },
  {
    name: 'cookie-does-not-follow',
    breaks:
      'An answer that shows more than its client’s cookie knows of sets no new one, unless it has changed the session itself.',
    expected: ['I5'],
    profile: 'windows',
    edits: [
      {
        file: 'http/valve/exchange-cookie.js',
        line: 'return isSeen && (this.#context.binder.isForeign(route) || !isSameToken(cookie.token, delta.token))',
        becomes: 'return isSeen && this.#context.binder.isForeign(route)',
      },
    ],
  },
  {
    name: 'answer-leaves-at-first',
    breaks: 'An answer that waits for two commits leaves when the first of them is acknowledged.',
    expected: ['I2'],
    profile: 'windows',
    edits: [
      {
        file: 'http/response/held-response.js',
        line: 'if (--this.#pending === 0)',
        becomes: 'if (--this.#pending >= 0)',
      },
      // It is looked at a second time.
      { file: 'http/response/held-response.js', line: 'if (this.#pending > 0)', becomes: 'if (false)' },
    ],
  },
  {
    name: 'stale-unflagged',
    breaks: 'An answer from an old copy is not flagged stale.',
    expected: ['I5'],
    isQuick: true,
    edits: [
      {
        file: LOOKUP,
        line: "return { kind: 'here', session, stale }",
        becomes: "return { kind: 'here', session, stale: false }",
      },
    ],
  },
  {
    name: 'ended-unflagged',
    breaks: 'An answer whose session another request has ended meanwhile is not flagged.',
    expected: ['I3'],
    profile: 'races',
    edits: [
      {
        file: 'http/valve/session-exchange.js',
        line: 'this.#stale.headersStarting(this.#session !== undefined && !delta.isValid)',
        becomes: 'this.#stale.headersStarting(false)',
      },
    ],
  },
  {
    name: 'no-stall-watch',
    breaks: 'A process that was suspended answers from its old copies when it wakes.',
    expected: ['I3', 'I5'],
    profile: 'waking',
    edits: [
      {
        file: 'ha/manager/stall-watch.js',
        line: 'const hasStalled = nowMs - this.#ranAtMs >= this.#stallMs',
        becomes: 'const hasStalled = false',
      },
    ],
  },
  {
    name: 'sleeper-confirms',
    breaks: 'A process that stood still asks another one that did, and takes its word that the session is there.',
    expected: ['I3', 'I5'],
    profile: 'waking',
    edits: [
      {
        file: 'ha/manager/peer-messages.js',
        line: "peers.send([source], { type: 'NOTHING', exchange, isHere: copy !== undefined && !stalls.isDoubtful }, 'use-ack')",
        becomes: "peers.send([source], { type: 'NOTHING', exchange, isHere: copy !== undefined }, 'use-ack')",
      },
    ],
  },
  {
    name: 'settles-with-a-sleeper',
    breaks: 'A process that stood still trusts its copies again when it has compared with another one that did.',
    expected: ['I3', 'I5'],
    profile: 'waking',
    edits: [
      {
        file: LOOKUP,
        line: 'if (placement.isEverywhere && outcome.answererCanTell)',
        becomes: 'if (placement.isEverywhere)',
      },
    ],
  },
  {
    name: 'sight-outlives-rename',
    breaks:
      'After a change of id the cookie goes on naming what its client had seen under the former one, and never comes.',
    expected: ['I5'],
    profile: 'partition',
    edits: [{ file: 'ha/session/delta-session.js', line: 'this.#sight.forget()', becomes: 'void 0' }],
  },
  {
    name: 'absences-ignored',
    breaks:
      'A session that nobody within reach has is held for gone, although a node that may have it is out of reach.',
    expected: ['I2', 'I5'],
    edits: [
      {
        file: 'ha/manager/absences.js',
        line: 'return this.#hasVanishedWithin(this.#retentionMs) || this.#isLookingAround() || this.#isHidden()',
        becomes: 'return false',
      },
    ],
  },
  {
    name: 'vanished-as-left',
    breaks: 'A member that vanished counts as one that said goodbye.',
    expected: ['I2', 'I5'],
    edits: [{ file: 'ha/manager/absences.js', line: 'if (!hasLeft)', becomes: 'if (false)' }],
  },
  {
    name: 'left-as-vanished',
    breaks: 'A member that said goodbye counts as one that vanished: sessions that have ended are kept open for it.',
    expected: ['I3', 'I5', 'I11'],
    profile: 'restarts',
    edits: [{ file: 'ha/manager/absences.js', line: 'if (!hasLeft)', becomes: 'if (true)' }],
  },
  {
    name: 'silence-counts-as-no',
    breaks: 'A member that has not answered a question counts as one that has nothing newer.',
    expected: ['I2', 'I5'],
    edits: [
      {
        file: 'ha/manager/pull.js',
        line: 'const everybodyAnswered = this.#unanswered.size === 0',
        becomes: 'const everybodyAnswered = true',
      },
    ],
  },
  {
    name: 'forged-cookie-taken',
    breaks: 'A cookie is taken for good whatever its signature.',
    expected: ['I10'],
    edits: [{ file: 'http/cookie/cookie-jar.js', line: 'if (secret === -1)', becomes: 'if (false)' }],
  },
  {
    name: 'signature-begins-right',
    breaks: 'Of the signature of a cookie the first characters count.',
    expected: ['I10'],
    edits: [
      {
        file: 'http/cookie/cookie-signer.js',
        line: 'return this.#current().findIndex(key => timingSafeEqual(presented, Buffer.from(key.sign(text))))',
        becomes:
          'return this.#current().findIndex(key => presented.subarray(0, 4).equals(Buffer.from(key.sign(text)).subarray(0, 4)))',
      },
    ],
  },
]
