export { Cluster } from '../../cluster/cluster.js'
export { ClowderModule, type ClowderModuleAsyncOptions, InjectCluster } from './clowder-module.js'
