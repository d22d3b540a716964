import { AppProcess } from './app-process.js'

let started = 0

/** A multicast port of its own for each test cluster, so that tests that run side by side do not meet. */
export function freshMulticastPort(): number {
  return 20_000 + ((process.pid * 31 + started++ * 7) % 20_000)
}

/** Options every test node has; `extra` is merged section by section. */
export function nodeOptions(
  name: string,
  multicastPort: number,
  extra: Record<string, object | string | boolean> = {},
): object {
  const options: Record<string, object | string | boolean> = {
    jvmRoute: name,
    membership: { port: multicastPort },
    // Each test cluster has receiver ports of its own: a port that another cluster's node just gave up could still be asked for.
    receiver: { port: 20_000 + (multicastPort % 20_000) + 10_000, autoBind: 100 },
  }
  for (const [key, value] of Object.entries(extra)) {
    options[key] =
      typeof value === 'object' && !Array.isArray(value) ? { ...(options[key] as object), ...value } : value
  }
  return options
}

/** Starts nodes n1…nN at once and resolves when each has seen all others. */
export async function startCluster(
  names: readonly string[],
  extra: Record<string, object | string | boolean> = {},
  multicastPort = freshMulticastPort(),
): Promise<AppProcess[]> {
  const apps = names.map(name => new AppProcess(name, { cluster: nodeOptions(name, multicastPort, extra) }))
  await Promise.all(apps.map(app => app.started()))
  await Promise.all(apps.flatMap(app => names.filter(name => name !== app.name).map(name => memberKnown(app, name))))
  return apps
}

/** Resolves when it has been seen, perhaps before now. */
export async function memberKnown(app: AppProcess, name: string): Promise<void> {
  const members = await app.ask<string[]>('members')
  if (!members.includes(name)) await app.memberAdded(name)
}
