import type { AcknowledgementLevel } from '@clowder/ha'

/** What may differ from one part of an application to another: a valve further on a request's way may change it for that request. */
export interface RequestPolicy {
  readonly saveUninitialized: boolean
  readonly rolling: boolean
  readonly whenStale: 'serve' | 'refuse'
  readonly acknowledge: AcknowledgementLevel | undefined
  readonly unset: 'destroy' | 'keep'
}

const names: readonly string[] = ['saveUninitialized', 'rolling', 'whenStale', 'acknowledge', 'unset']

/** Those of `options` that are a policy. */
export function policyIn(options: object): Partial<RequestPolicy> {
  return Object.fromEntries(
    Object.entries(options).filter(([name, value]) => names.includes(name) && value !== undefined),
  )
}

/** Whether there are others among `options`. */
export function hasFixed(options: object): boolean {
  return Object.keys(options).some(name => !names.includes(name))
}
