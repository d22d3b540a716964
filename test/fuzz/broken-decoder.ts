/** A decoder as it should not be: what is wrong with it lies behind two conditions. For the test of the fuzzer. */
export function brokenDecoder(bytes: Uint8Array): boolean {
  if (bytes.length < 12 || bytes[0] !== 0x43) return false
  if (bytes[4] !== 0x80) return true
  if (bytes[9]! > 0xf0) throw new RangeError('planted')
  return true
}
