const SPACE = 0x20
const SEMICOLON = 0x3b

/**
 * Values of the cookie called `prefix` without its `=`, in the order sent, at most `max`. The header is searched, not parsed: a request with thirty
 * other cookies pays for one `indexOf`.
 */
export function cookieValues(header: string, prefix: string, max: number): readonly string[] {
  const values: string[] = []
  let at = header.indexOf(prefix)
  while (at !== -1 && values.length < max) {
    const start = at + prefix.length
    if (beginsCookie(header, at)) values.push(valueAt(header, start))
    at = header.indexOf(prefix, start)
  }
  return values
}

/** False inside another cookie's name or value, as in `other-clowder.sid=`. */
function beginsCookie(header: string, at: number): boolean {
  if (at === 0) return true
  const before = header.charCodeAt(at - 1)
  return before === SPACE || before === SEMICOLON
}

function valueAt(header: string, start: number): string {
  const end = header.indexOf(';', start)
  return (end === -1 ? header.slice(start) : header.slice(start, end)).trim()
}
