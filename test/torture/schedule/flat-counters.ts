/** What an inspection has counted, by dotted names; everything that is not a number is left out. */
export function flatCounters(inspection: object, prefix = ''): Record<string, number> {
  const counters: Record<string, number> = {}
  for (const [name, value] of Object.entries(inspection)) {
    if (typeof value === 'number') counters[`${prefix}${name}`] = value
    else if (typeof value === 'object' && value !== null && !Array.isArray(value))
      Object.assign(counters, flatCounters(value, `${prefix}${name}.`))
  }
  return counters
}
