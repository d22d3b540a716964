import { connect, type Socket } from 'node:net'

/** One connection, on which a test says and hears bytes. */
export class RawClient {
  readonly socket: Socket
  received = ''

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1')
    this.socket.setEncoding('latin1')
    this.socket.on('data', chunk => {
      this.received += chunk
    })
    this.socket.on('error', () => {})
  }

  get(path: string, cookie = '', method = 'GET'): void {
    this.socket.write(`${method} ${path} HTTP/1.1\r\nHost: x\r\n${cookie && `Cookie: clowder.sid=${cookie}\r\n`}\r\n`)
  }

  /** Resolves when `text` has arrived. */
  async until(text: string | RegExp): Promise<string> {
    while (!(typeof text === 'string' ? this.received.includes(text) : text.test(this.received))) {
      await new Promise(resolve => this.socket.once('data', resolve))
    }
    return this.received
  }

  destroy(): void {
    this.socket.destroy()
  }
}
