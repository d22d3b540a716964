import { session } from '../../lib/session'

export async function GET() {
  const current = await session()
  current.set('count', (current.get('count') ?? 0) + 1)
  await current.save()
  return Response.json({ count: current.get('count'), user: current.get('user') })
}

export async function POST(request) {
  const { user } = await request.json()
  const current = await session()
  // A new id at every login, so that an id which somebody planted before is worth nothing.
  await current.regenerate()
  current.set('user', user)
  await current.save()
  return Response.json({ user })
}

export async function DELETE() {
  const current = await session()
  await current.destroy()
  return new Response(null, { status: 204 })
}
