import { spreadOf } from '../figures/spread.js'
import type { Panel } from '../plot/panel.js'
import type { MembershipResults } from './membership-family.js'

export function membershipPanels({ idle, deaths }: MembershipResults): Panel[] {
  const kindOf = (isSecured: boolean) => (isSecured ? 'TLS' : 'plain')
  const idlePanel = (
    title: string,
    unit: string,
    of: (row: (typeof idle)[number]) => readonly number[],
    goal?: number,
  ) => ({
    title,
    unit,
    ...(goal !== undefined && { goal }),
    bars: idle.map(row => ({
      label: `${row.nodes} members, ${kindOf(row.isSecured)}`,
      kind: 'clowder' as const,
      spread: spreadOf(of(row)),
    })),
  })
  const deathPanel = (death: 'killed' | 'silent', title: string, goal: number) => ({
    title,
    unit: 'ms',
    goal,
    bars: deaths
      .filter(row => row.death === death)
      .map(row => ({ label: kindOf(row.isSecured), kind: 'clowder' as const, spread: spreadOf(row.tookMs) })),
  })
  return [
    idlePanel('CPU of each member of an idle cluster', '% of a core', row => row.cores.map(share => 100 * share), 0.5),
    idlePanel('Bytes that each sends', 'a second', row => row.bytesPerSecond),
    deathPanel('killed', 'A member is killed: noticed after', 250),
    deathPanel('silent', 'A member stands still: out after', 4_000),
  ]
}
