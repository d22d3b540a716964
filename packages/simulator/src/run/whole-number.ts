/** Throws with a sentence for whoever typed it. */
export function wholeNumber(option: string, text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`--${option} is a whole number from 1, not ${text}`)
  return value
}
