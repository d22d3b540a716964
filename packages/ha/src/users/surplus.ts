export type WhenOver = 'endOldest' | 'refuse'

/**
 * The sessions of one user that are too many, the same on every node that knows the same sessions: the oldest logins, or, where a new one should have been refused,
 * the newest. `sessions`: id → when its login began; `limit` < 0: none.
 */
export function surplus(sessions: ReadonlyMap<string, number>, limit: number, whenOver: WhenOver): readonly string[] {
  const over = sessions.size - limit
  if (limit < 0 || over <= 0) return []
  const oldestFirst = [...sessions].sort(([a, sinceA], [b, sinceB]) => sinceA - sinceB || (a < b ? -1 : 1))
  const ids = oldestFirst.map(([id]) => id)
  return whenOver === 'endOldest' ? ids.slice(0, over) : ids.slice(limit)
}
