import { getSession } from 'clowder/next'
import { cookies } from 'next/headers'
import { cluster } from './cluster'

export async function session() {
  // First: `next build` stops here, and so starts no cluster.
  const store = await cookies()
  return getSession(await cluster(), store)
}
