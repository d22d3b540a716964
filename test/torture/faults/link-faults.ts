import type { LabHost } from '../network/lab-network.js'

/** The interface to the other nodes goes down: routes vanish, sends fail with ENETUNREACH; the clients' network stays. */
export async function linkDown({ namespace }: LabHost): Promise<void> {
  await namespace.run('ip', ['link', 'set', 'eth0', 'down'])
}

export async function linkUp({ namespace }: LabHost): Promise<void> {
  await namespace.run('ip', ['link', 'set', 'eth0', 'up'])
}

/** One megabit a second towards the others, with a queue that holds 400 ms and drops beyond. */
export async function slowDown({ namespace }: LabHost): Promise<void> {
  const shape = ['root', 'tbf', 'rate', '1mbit', 'burst', '16kbit', 'latency', '400ms']
  await namespace.run('tc', ['qdisc', 'replace', 'dev', 'eth0', ...shape])
}

/** Two faults may have slowed the same link: the first end is the end. */
export async function speedUp({ namespace }: LabHost): Promise<void> {
  const shaped = await namespace.run('tc', ['qdisc', 'show', 'dev', 'eth0'])
  if (shaped.includes('tbf')) await namespace.run('tc', ['qdisc', 'del', 'dev', 'eth0', 'root'])
}
