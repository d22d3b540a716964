import { AsyncLocalStorage } from 'node:async_hooks'

/** Of the request that runs; entered by the test. */
export const requestCookies = new AsyncLocalStorage()

export async function cookies() {
  return requestCookies.getStore()
}
