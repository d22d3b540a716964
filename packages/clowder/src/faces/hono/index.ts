export { type ClowderEnv, hono } from './hono.js'
