import type { Clock } from '@clowder/tribes'
import type { ClusterNode } from '../cluster/cluster-node.js'
import type { SimulatedCluster } from '../cluster/simulated-cluster.js'
import type { EndFault, FaultHands } from './fault-hands.js'

type ProcessFault =
  | 'kill'
  | 'power-off'
  | 'stop'
  | 'rolling-restart'
  | 'pause'
  | 'stall'
  | 'slow-receiver'
  | 'no-descriptors'
  | 'clone'
  | 'clock-jump'
  | 'app-throws'
  | 'port-taken'

export interface ProcessFaultsComponents {
  readonly clock: Clock
  readonly cluster: SimulatedCluster
}

/** What befalls processes and their clocks. */
export function processFaults({ clock, cluster }: ProcessFaultsComponents): FaultHands<ProcessFault> {
  const each = (names: readonly string[], begin: (node: ClusterNode) => EndFault) => {
    const ends = names.map(name => begin(cluster.node(name)))
    return () => {
      for (const end of ends) end()
    }
  }
  return {
    kill: ({ nodes }) => each(nodes, node => down(node, () => node.kill())),
    'power-off': ({ nodes }) => each(nodes, node => down(node, () => node.switchOff())),
    stop: ({ nodes }) => each(nodes, node => stopped(node)),
    'rolling-restart': ({ nodes, eachMs }) =>
      rolled(
        clock,
        nodes.map(name => cluster.node(name)),
        eachMs,
      ),
    pause: ({ nodes }) => each(nodes, node => held(node, 'pause')),
    stall: ({ nodes }) => each(nodes, node => held(node, 'stall')),
    'slow-receiver': ({ nodes }) => each(nodes, node => slow(node)),
    'no-descriptors': ({ nodes }) => each(nodes, node => exhausted(node)),
    clone: ({ nodes, of }) => each(nodes, node => cloned(node, cluster.node(of))),
    'port-taken': ({ nodes, ports }) => each(nodes, node => crowded(node, ports)),
    'app-throws': ({ nodes }) => each(nodes, node => throwing(node)),
    'clock-jump': ({ nodes, byMs }) => each(nodes, node => jumped(node, byMs)),
  }
}

function down(node: ClusterNode, fall: () => void): EndFault {
  fall()
  return () => node.start()
}

/** A process that is stopped late starts late: the new one begins when the old one has gone. */
function stopped(node: ClusterNode): EndFault {
  const stopping = node.stop()
  return () => void stopping.then(() => node.start())
}

function rolled(clock: Clock, nodes: readonly ClusterNode[], eachMs: number): EndFault {
  let isOver = false
  const next = async (left: readonly ClusterNode[]): Promise<void> => {
    const [node, ...others] = left
    if (!node || isOver) return
    await node.stop()
    node.start()
    clock.setTimer(eachMs, () => void next(others))
  }
  void next(nodes)
  return () => {
    isOver = true
  }
}

function held(node: ClusterNode, what: 'pause' | 'stall'): EndFault {
  const { process } = node
  node.pause(what)
  return () => node.resume(process)
}

function slow(node: ClusterNode): EndFault {
  const host = node.process?.host
  host?.stopReading()
  return () => host?.readAgain()
}

function exhausted(node: ClusterNode): EndFault {
  const host = node.process?.host
  host?.exhaustDescriptors()
  return () => host?.freeDescriptors()
}

/** The process is replaced by one that finds its ports taken; when they are free again, whoever got none starts. */
function crowded(node: ClusterNode, ports: number): EndFault {
  node.kill()
  node.takePorts(ports)
  node.start()
  return () => {
    node.takePorts(0)
    node.start()
  }
}

function throwing(node: ClusterNode): EndFault {
  const listeners = node.process?.listeners
  if (listeners) listeners.isThrowing = true
  return () => {
    if (listeners) listeners.isThrowing = false
  }
}

function cloned(node: ClusterNode, original: ClusterNode): EndFault {
  const incarnation = original.process?.uniqueId
  node.kill()
  node.start(incarnation)
  return () => {}
}

function jumped(node: ClusterNode, byMs: number): EndFault {
  node.wallOffsetMs += byMs
  return () => {
    node.wallOffsetMs -= byMs
  }
}
