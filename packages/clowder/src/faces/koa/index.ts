export { KoaStore, koaStore } from './koa-store.js'
