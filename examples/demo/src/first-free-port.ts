import type { AddressInfo, Server } from 'node:net'

const TRIES = 100

/** Listens on `port` or the next one that is free, and resolves with it. Rejects with the system's error. */
export async function listenOnFirstFree(server: Server, host: string, port: number): Promise<number> {
  for (let tries = 1; ; tries++) {
    try {
      return await listen(server, host, port)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || tries === TRIES || port === 65_535) throw error
      port++
    }
  }
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve((server.address() as AddressInfo).port)
    })
  })
}
