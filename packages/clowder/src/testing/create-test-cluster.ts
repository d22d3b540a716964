import { TestCluster } from './test-cluster.js'
import { type TestClusterOptions, testSettings } from './test-options.js'

/**
 * Starts `count` nodes (1 to 16) in this process and resolves when they all see each other. No socket is opened and nothing is waited for: it takes milliseconds.
 * `options` are those of `createCluster`, and `seed` and `app`. Rejects with BadTestCallError (`CLOWDER_BAD_TEST_CALL`), with OptionsError
 * (`CLOWDER_BAD_OPTIONS`), or with what `app` throws, and then nothing is left running.
 */
export async function createTestCluster<N extends number>(
  count: N,
  options: TestClusterOptions = {},
): Promise<TestCluster<N>> {
  const cluster = new TestCluster<N>(testSettings(count, options))
  try {
    await cluster.start()
  } catch (error) {
    await cluster.stop()
    throw error
  }
  return cluster
}
