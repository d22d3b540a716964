export type { ConformantStore, StoredData, StoreRequest, StoresUnderTest } from './conformant-store.js'
export { type StoreConformanceOptions, storeConformance, type TestFunction } from './store-conformance.js'
