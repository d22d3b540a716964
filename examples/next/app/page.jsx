import { redirect } from 'next/navigation'
import { session } from '../lib/session'

async function count() {
  'use server'
  const current = await session()
  current.set('count', (current.get('count') ?? 0) + 1)
  await current.save()
  redirect('/')
}

export default async function Page() {
  const current = await session()
  return (
    <form action={count}>
      <button type="submit">count: {current.get('count') ?? 0}</button>
    </form>
  )
}
