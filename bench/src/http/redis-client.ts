import { createClient } from 'redis'

/** One connection, as connect-redis's manual shows. */
export async function redisClient(port: number) {
  const client = createClient({ url: `redis://127.0.0.1:${port}` })
  await client.connect()
  return client
}
