/** What the requests do, in every system the same. */
export interface AppSession {
  /** The counter, filled up to 200 bytes: one attribute that is as good as the number of changes it has seen. */
  attribute?: string
}

const ATTRIBUTE_BYTES = 200

/** `/write` changes the attribute, anything else only reads it. Answers the counter. */
export function appWork(url: string, session: AppSession): number {
  const counter = Number.parseInt(session.attribute ?? '0', 10)
  if (!url.startsWith('/write')) return counter
  session.attribute = `${counter + 1}`.padEnd(ATTRIBUTE_BYTES, 'x')
  return counter + 1
}
