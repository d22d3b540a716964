import type { VersionToken } from '../../src/state/version-token.js'
import type { LockMessage } from '../../src/wire/lock-message.js'
import type { Dice } from './dice.js'

/** Any message of this type that the wire can carry. */
export function randomLockMessage(type: LockMessage['type'], dice: Dice): LockMessage {
  const named = { id: text(dice, 24), number: dice.below(2 ** 40) }
  const [fence, stamp, leaseMs] = [dice.below(2 ** 50), dice.below(2 ** 50), dice.below(60_000)]
  const [renewal, left, isCertain] = [dice.below(100), randomLeft(dice), dice.chance(0.5)]
  switch (type) {
    case 'LOCK':
      return { type, ...named, leaseMs, patienceMs: dice.below(60_000), stamp }
    case 'GRANTED':
      return { type, ...named, renewal, fence, leaseMs, waitedMs: dice.below(60_000), isCertain, left }
    case 'RENEW':
      return { type, ...named, renewal, fence, leaseMs, stamp, isHeld: isCertain }
    case 'UNLOCK':
      return { type, ...named, fence, stamp, isCertain, left }
    case 'DENIED':
      return { type, ...named, why: dice.pick(['notHome', 'full', 'lost'] as const) }
    case 'WHOSE':
      return { type, question: dice.below(2 ** 30), view: dice.below(2 ** 32) }
    case 'LOCKS': {
      const lock = () => ({
        id: text(dice, 24),
        number: dice.below(2 ** 40),
        owner: dice.chance(0.5) ? '' : latin1(dice, 16),
        fence: dice.below(2 ** 50),
        leaseMs: dice.below(60_000),
        left: randomLeft(dice),
      })
      const locks = Array.from({ length: dice.between(1, 4) }, lock)
      const departure = () => ({ actor: latin1(dice, 16), goneMs: dice.below(60_000), hasLeft: dice.chance(0.5) })
      const gone = Array.from({ length: dice.between(0, 3) }, departure)
      return { type, question: dice.below(2 ** 30), isLast: dice.chance(0.5), locks, gone }
    }
  }
}

function randomLeft(dice: Dice): VersionToken {
  const dots = Array.from({ length: dice.between(0, 3) }, () => ({
    actor: latin1(dice, 8),
    counter: dice.between(1, 1e6),
  }))
  return { dots, stamp: dice.below(2 ** 50) }
}

function latin1(dice: Dice, bytes: number): string {
  return Buffer.from(dice.fill(new Uint8Array(bytes))).toString('latin1')
}

function text(dice: Dice, bytes: number): string {
  return Buffer.from(dice.fill(new Uint8Array(bytes))).toString('base64url')
}
