const WORDS = Array.from({ length: 64 }, (_, i) => `word${(i * 7919) % 1000}`)

/**
 * The yardstick: text, objects and numbers, as the measured operations use them, and nothing of Clowder. What is measured is told in units of this, so that figures of
 * different machines, and of a busy one, can be compared.
 */
export function referenceLoop(): unknown {
  const counts = new Map<string, { count: number; last: number }>()
  for (const [i, word] of WORDS.entries()) {
    const known = counts.get(word) ?? { count: 0, last: 0 }
    counts.set(word, { count: known.count + 1, last: Math.imul(known.last ^ i, 0x01000193) })
  }
  return JSON.stringify([...counts.values()]).length
}
