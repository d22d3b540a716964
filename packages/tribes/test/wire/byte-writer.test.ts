import fc from 'fast-check'
import t from 'tap'
import { ByteReader } from '../../src/wire/byte-reader.js'
import { ByteWriter } from '../../src/wire/byte-writer.js'

t.test('a text is its length and its UTF-8, however short and whatever it is made of', async t => {
  const texts = fc.oneof(fc.string(), fc.string({ unit: 'binary', maxLength: 200 }), fc.string({ maxLength: 300 }))
  fc.assert(
    fc.property(texts, text => {
      const out = new ByteWriter(1).text(text)
      const utf8 = Buffer.from(text)
      t.ok(out.view().equals(Buffer.concat([new ByteWriter().varint(utf8.length).view(), utf8])))
      t.equal(new ByteReader(out.view()).text(1e6), utf8.toString())
    }),
    { numRuns: 500 },
  )
})

t.test('characters up to U+00FF are a byte each', async t => {
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i))
  t.ok(
    new ByteWriter(1)
      .u8(7)
      .latin1(bytes.toString('latin1'))
      .view()
      .equals(Buffer.concat([Buffer.of(7), bytes])),
  )
})
