import type { LabHost } from './lab-network.js'

/** This host itself, for what needs no namespace. */
export const thisHost = {
  name: 'n1',
  namespace: { enter: ['env'] },
  clusterHost: '127.0.0.1',
  clientHost: '127.0.0.1',
  httpPort: 0,
} as unknown as LabHost
