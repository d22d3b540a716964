/** No option has a name half as long; the comparison takes time with the square of it. */
const MOST_CHARACTERS = 64

/** The candidate of the same name in another place, or in other letters. */
export function sameNamed(given: string, candidates: readonly string[]): string | undefined {
  return candidates.find(candidate => plain(candidate) === plain(given))
}

/** The candidate that `given` was probably meant to be. Only the part behind the last dot is compared, so that a misplaced name is found too. */
export function mostSimilar(given: string, candidates: readonly string[]): string | undefined {
  if (plain(given).length > MOST_CHARACTERS) return undefined
  const scored = candidates.map(candidate => ({ candidate, distance: distanceBetween(plain(given), plain(candidate)) }))
  const best = scored.reduce((a, b) => (b.distance < a.distance ? b : a), {
    candidate: '',
    distance: Number.POSITIVE_INFINITY,
  })
  return best.distance <= Math.ceil(plain(given).length / 3) ? best.candidate : undefined
}

function plain(path: string): string {
  return path
    .slice(path.lastIndexOf('.') + 1)
    .toLowerCase()
    .replace(/[_-]/g, '')
}

/** Levenshtein's: how many letters to insert, delete or replace. */
function distanceBetween(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) row = nextRow(row, a.charCodeAt(i - 1), b, i)
  return row[b.length]!
}

function nextRow(above: readonly number[], letter: number, b: string, first: number): number[] {
  const row = [first]
  for (let j = 1; j <= b.length; j++) {
    const replaced = above[j - 1]! + (letter === b.charCodeAt(j - 1) ? 0 : 1)
    row.push(Math.min(replaced, above[j]! + 1, row[j - 1]! + 1))
  }
  return row
}
