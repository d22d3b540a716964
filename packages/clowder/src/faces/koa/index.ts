export { koa } from './koa.js'
export { KoaStore, koaStore } from './koa-store.js'
