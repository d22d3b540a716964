export { type ClowderFastifyOptions, clowderFastify } from './clowder-fastify.js'
