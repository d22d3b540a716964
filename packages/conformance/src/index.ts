export type { ConformantStore, StoredData, StoreRequest, StoresUnderTest } from './conformant-store.js'
export { connectVisit } from './face/connect-visit.js'
export { type FaceConformanceOptions, faceConformance } from './face/face-conformance.js'
export type {
  FaceAnswer,
  FaceApplication,
  FaceSession,
  FaceSettings,
  FaceUnderTest,
  FaceVisit,
  StartFace,
} from './face/face-under-test.js'
export { sendAnswer } from './face/send-answer.js'
export { type StoreConformanceOptions, storeConformance, type TestFunction } from './store-conformance.js'
