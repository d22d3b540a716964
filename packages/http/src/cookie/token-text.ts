import { readToken, type VersionToken, writeToken } from '@clowder/ha'
import { ByteReader, ByteWriter, MalformedError } from '@clowder/tribes'

/** A version token as it stands in a cookie: base64url, empty when nothing has been seen. What `out` held is dropped. */
export function tokenText(token: VersionToken, out = new ByteWriter()): string {
  writeToken(out.clear(), token)
  return out.view().toString('base64url')
}

/** Undefined for what cannot be read: with a good signature, a token of another version of this software. */
export function tokenFrom(text: string): VersionToken | undefined {
  try {
    return readToken(new ByteReader(Buffer.from(text, 'base64url')))
  } catch (error) {
    if (error instanceof MalformedError) return undefined
    throw error
  }
}

/** Equal tokens name the same writers in the same order, and one time of use, and both a beginning or neither; a mere difference in order counts as different, and costs one signature. */
export function isSameToken(a: VersionToken, b: VersionToken): boolean {
  if (a === b) return true
  if (a.dots.length !== b.dots.length || a.usedMs !== b.usedMs) return false
  if ((a.beginning === undefined) !== (b.beginning === undefined)) return false
  return a.dots.every((dot, i) => dot.counter === b.dots[i]!.counter && dot.actor === b.dots[i]!.actor)
}
