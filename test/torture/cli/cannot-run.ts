import { missingRequirement } from './requirements.js'

/**
 * For a test's `skip`: why it cannot be run here, or false. A test run without root is told of it in its output (scripts/test.mjs shows what is skipped), and one that does not want it says so; whatever else
 * goes wrong is a failure.
 */
export function cannotRun(): string | false {
  const { CLOWDER_SKIP_TORTURE } = process.env
  if (CLOWDER_SKIP_TORTURE === '1') return 'CLOWDER_SKIP_TORTURE=1: no network namespaces'
  const missing = missingRequirement(() => {})
  return missing !== undefined && `NOT RUN: ${missing.replaceAll(/\s+/g, ' ').trim()}`
}
