export { type ClowderAdapterOptions, clowderAdapter } from './clowder-adapter.js'
export { clowderSessions } from './clowder-sessions.js'
