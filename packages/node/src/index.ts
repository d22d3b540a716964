export { nodeClock } from './node-clock.js'
export { nodeNetwork } from './node-network.js'
export { nodeRandom } from './node-random.js'
