/** How long the family may take. */
export interface HttpEffort {
  readonly isQuick: boolean
  readonly rounds: number
  readonly seconds: number
  /** With one client, whose requests are many and all alike. */
  readonly loneSeconds: number
  /** Requests to each node before anything is measured: express needs 20,000 until its CPU per request stays the same. */
  readonly warmUpRequests: number
  /** But not for ever on a slow machine: of each system. */
  readonly warmUpSeconds: number
}

const QUICK: HttpEffort = {
  isQuick: true,
  rounds: 2,
  seconds: 0.2,
  loneSeconds: 0.15,
  warmUpRequests: 8000,
  warmUpSeconds: 12,
}

const FULL: HttpEffort = {
  isQuick: false,
  rounds: 3,
  seconds: 0.35,
  loneSeconds: 0.2,
  warmUpRequests: 20_000,
  warmUpSeconds: 25,
}

export function httpEffort(isQuick: boolean): HttpEffort {
  return isQuick ? QUICK : FULL
}
