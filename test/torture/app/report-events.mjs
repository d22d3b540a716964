import { tell } from './tell.mjs'

/** Membership as this process sees it, and what its sessions go through. */
export function reportEvents(cluster) {
  const members = () => cluster.members().map(m => m.name)
  const view = what => member => tell({ type: 'view', what, member: member.name, members: members() })
  // Whom it found while it started, nobody could be told of.
  for (const name of members()) view('added')({ name })
  cluster.on('memberAdded', view('added'))
  cluster.on('memberDisappeared', view('disappeared'))
  const session = (event, more) => e => tell({ type: 'session', event, session: e.id, isLocal: e.local, ...more?.(e) })
  cluster.on('sessionCreated', session('created'))
  cluster.on('sessionDestroyed', session('destroyed'))
  cluster.on('sessionExpired', session('expired'))
  cluster.on(
    'sessionIdChanged',
    session('id-changed', e => ({ oldSession: e.oldId })),
  )
  cluster.on(
    'conflict',
    session('conflict', e => ({ name: e.name, kept: e.kept() ?? null, dropped: e.dropped() ?? null })),
  )
}
