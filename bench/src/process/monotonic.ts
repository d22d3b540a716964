import { performance } from 'node:perf_hooks'

const offsetUs = Number(process.hrtime.bigint()) / 1000 - performance.now() * 1000

/** Microseconds of the system's monotonic clock, which all processes of a Linux host share (System.nanoTime in Java). */
export function monotonicUs(): number {
  return performance.now() * 1000 + offsetUs
}
