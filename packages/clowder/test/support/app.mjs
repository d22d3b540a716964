// A process that starts a cluster with the options in its first argument, says so, and then has nothing to do. Told to stay, it waits on its
// channel to the parent.
import { createCluster } from 'clowder'

const cluster = await createCluster({ ...JSON.parse(process.argv[2]), logger: false })
if (process.argv[3] === 'stop') await cluster.stop()
if (process.argv[3] === 'stay') process.on('message', () => {})
process.send({ state: cluster.state }, () => {
  if (process.argv[3] !== 'stay') process.disconnect()
})
