import type { AsyncLocalStorage } from 'node:async_hooks'

export interface RequestCookies {
  get(name: string): { name: string; value: string } | undefined
  set(name: string, value: string, options?: object): unknown
}

export declare const requestCookies: AsyncLocalStorage<RequestCookies>
export declare function cookies(): Promise<RequestCookies>
