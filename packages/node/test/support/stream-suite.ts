import type { Network } from '@clowder/tribes'
import type { Test } from 'tap'
import { until } from './keep-open.js'
import { connectedPair } from './stream-end.js'

/** What every network's streams do. */
export function streamSuite(t: Test, network: Network): void {
  t.test('bytes flow both ways, and both ends know both addresses', async t => {
    const { listener, dialled, accepted } = await connectedPair(network)
    t.strictSame(dialled.stream.remote, listener.address)
    t.strictSame(accepted.stream.local, listener.address)
    t.strictSame(dialled.stream.local, accepted.stream.remote)
    dialled.stream.write([Buffer.from('ping')])
    accepted.stream.write([Buffer.from('po'), Buffer.from('ng')])
    await until(() => dialled.text === 'pong' && accepted.text === 'ping')
    t.pass()
  })

  t.test('chunks of one write leave together', async t => {
    const { dialled, accepted } = await connectedPair(network)
    const chunks = Array.from({ length: 50 }, (_, i) => Buffer.from(`chunk ${i} `))
    t.equal(dialled.stream.write(chunks), true)
    await until(() => accepted.text.endsWith('chunk 49 '))
    t.equal(accepted.chunks.length, 1)
    t.equal(accepted.text, chunks.join(''))
    t.equal(dialled.stream.write([]), true, 'nothing to write is fine')
  })

  t.test('a stream whose reader pauses fills up, answers false, and tells once when it has drained', async t => {
    const { dialled, accepted } = await connectedPair(network)
    accepted.stream.pause()
    const megabyte = new Uint8Array(1 << 20).fill(7)
    let written = 0
    for (let isFull = false; !isFull || written < 20; written++) isFull = !dialled.stream.write([megabyte, megabyte])
    t.ok(dialled.stream.bufferedBytes > 0, `${dialled.stream.bufferedBytes} bytes wait`)
    await new Promise(resolve => setTimeout(resolve, 20))
    t.equal(dialled.drained, 0)
    accepted.stream.resume()
    await until(() => accepted.receivedBytes === written * 2 * megabyte.length)
    await until(() => dialled.drained > 0)
    t.equal(dialled.drained, 1)
    t.equal(dialled.stream.bufferedBytes, 0)
  })

  t.test('end sends what is buffered, then both ends close without an error, once', async t => {
    const { dialled, accepted } = await connectedPair(network)
    const bytes = new Uint8Array(8 << 20).fill(1)
    dialled.stream.write([bytes])
    dialled.stream.end()
    dialled.stream.end()
    t.equal(dialled.stream.write([Buffer.from('too late')]), false)
    await until(() => dialled.closed.length > 0 && accepted.closed.length > 0)
    t.equal(accepted.receivedBytes, bytes.length)
    t.strictSame([dialled.closed, accepted.closed], [[undefined], [undefined]])
  })

  t.test('after one end has ended, what the other had written still arrives', async t => {
    const { dialled, accepted } = await connectedPair(network)
    const bytes = new Uint8Array(8 << 20).fill(2)
    accepted.stream.write([bytes])
    dialled.stream.end()
    await until(() => dialled.closed.length > 0 && accepted.closed.length > 0)
    t.equal(dialled.receivedBytes, bytes.length)
    t.strictSame([dialled.closed, accepted.closed], [[undefined], [undefined]])
  })

  t.test('destroy closes at once, with the error it was given, and nothing can be written any more', async t => {
    const { dialled, accepted } = await connectedPair(network)
    const reason = new Error('a malformed frame')
    dialled.stream.destroy(reason)
    dialled.stream.destroy(new Error('another'))
    t.strictSame(dialled.closed, [], 'not from inside the call')
    t.equal(dialled.stream.write([Buffer.from('x')]), false)
    await until(() => dialled.closed.length > 0 && accepted.closed.length > 0)
    t.strictSame(dialled.closed, [reason])
    accepted.stream.destroy()
    await new Promise(resolve => setTimeout(resolve, 10))
    t.equal(accepted.closed.length, 1)
  })
}
