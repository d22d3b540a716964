import { randomFillSync, randomInt } from 'node:crypto'
import type { Random } from '@clowder/tribes'

/** The system's cryptographic chance. */
export const nodeRandom: Random = {
  fill: bytes => randomFillSync(bytes),
  below: n => randomInt(n),
}
