export { koa } from './koa.js'
