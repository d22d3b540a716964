import fc from 'fast-check'
import t from 'tap'
import { MalformedError } from '../../src/errors.js'
import { FrameSplitter } from '../../src/wire/frame-splitter.js'

const framed = (body: Uint8Array) => {
  const bytes = Buffer.alloc(4 + body.length)
  bytes.writeUInt32BE(body.length)
  bytes.set(body, 4)
  return bytes
}

function split(splitter: FrameSplitter, chunks: readonly Uint8Array[]): string[] {
  const frames: string[] = []
  for (const chunk of chunks)
    splitter.push(chunk, (bytes, start, end) => void frames.push(bytes.toString('hex', start, end)))
  return frames
}

t.test('any chunking of any frames gives the same frames', async t => {
  const bodies = fc.array(fc.uint8Array({ minLength: 4, maxLength: 600 }), { maxLength: 12 })
  fc.assert(
    fc.property(bodies, fc.array(fc.nat(6000), { maxLength: 40 }), (bodies, cuts) => {
      const bytes = Buffer.concat(bodies.map(framed))
      const offsets = [0, ...cuts.map(cut => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b)
      const chunks = offsets.slice(1).map((end, i) => bytes.subarray(offsets[i]!, end))
      const splitter = new FrameSplitter(600)
      const expected = bodies.map(body => Buffer.from(body).toString('hex'))
      return split(splitter, chunks).join() === expected.join() && splitter.partialBytes === 0
    }),
    { numRuns: 500 },
  )
  t.pass('500 runs')
})

t.test('single bytes and one big chunk parse alike', async t => {
  const bodies = [Buffer.from('abcd'), Buffer.alloc(300, 7), Buffer.from('efgh')]
  const bytes = Buffer.concat(bodies.map(framed))
  const expected = bodies.map(body => body.toString('hex'))
  t.strictSame(split(new FrameSplitter(300), [bytes]), expected)
  t.strictSame(
    split(
      new FrameSplitter(300),
      [...bytes].map(byte => Uint8Array.of(byte)),
    ),
    expected,
  )
})

t.test('a frame that lies in one chunk is not copied', async t => {
  const chunk = Buffer.concat([framed(Buffer.from('abcd')), framed(Buffer.from('efgh'))])
  const seen: Buffer[] = []
  new FrameSplitter(100).push(chunk, bytes => void seen.push(bytes))
  t.equal(seen.length, 2)
  t.ok(seen.every(bytes => bytes === chunk))
})

t.test('a length past the limit, or below a header, is malformed before any byte of it came', async t => {
  const length = (n: number) => Buffer.from([n >>> 24, (n >> 16) & 255, (n >> 8) & 255, n & 255])
  for (const n of [0, 3, 101, 0xffff_ffff]) {
    t.throws(() => split(new FrameSplitter(100), [length(n)]), MalformedError, `${n} at once`)
    t.throws(
      () =>
        split(
          new FrameSplitter(100),
          [...length(n)].map(byte => Uint8Array.of(byte)),
        ),
      MalformedError,
      `${n} in bytes`,
    )
  }
  t.strictSame(split(new FrameSplitter(100), [length(100)]), [])
})

t.test('a promised megabyte costs what has arrived of it', async t => {
  const splitter = new FrameSplitter(1 << 20)
  const before = process.memoryUsage().arrayBuffers
  const many = Array.from({ length: 200 }, () => new FrameSplitter(1 << 20))
  for (const one of many) split(one, [Buffer.from([0, 0x0f, 0, 0, 1, 2, 3])])
  t.ok(process.memoryUsage().arrayBuffers - before < 2 << 20)
  split(splitter, [Buffer.from([0, 0x0f, 0, 0, 1, 2, 3])])
  t.equal(splitter.partialBytes, 7)
})
