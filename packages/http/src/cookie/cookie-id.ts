const PLAIN = /^[A-Za-z0-9_-]{1,128}$/
const ODD = /[^A-Za-z0-9_-]/gu
const LENGTH_MAX = 128

/**
 * An id as it stands in a cookie: each byte of what is no letter, digit, `_` or `-` is `~` and two hexadecimal digits, of dots too, for they part the cookie. Not `%`, which those would take
 * for their own who encode and decode the values of cookies. Ids that we make are all plain, and cost a look. Undefined for an id that no cookie carries: empty, longer than 128 characters
 * in this form, or no well-formed text.
 */
export function idText(id: string): string | undefined {
  if (PLAIN.test(id)) return id
  const isWellFormed = Buffer.from(id).toString() === id
  const text = isWellFormed ? id.replace(ODD, escaped) : ''
  return text.length > 0 && text.length <= LENGTH_MAX ? text : undefined
}

/** The id in a cookie whose signature is good. */
export function idFrom(text: string): string {
  return text.includes('~') ? decodeURIComponent(text.replaceAll('~', '%')) : text
}

function escaped(character: string): string {
  return [...Buffer.from(character)].map(byte => `~${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('')
}
