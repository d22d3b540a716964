/** Chance, as a port: cryptographic in production, seeded in a simulation. */
export interface Random {
  /** Fills `bytes` and returns it. */
  fill(bytes: Uint8Array): Uint8Array
  /** A whole number, 0 ≤ result < `n`. */
  below(n: number): number
}
