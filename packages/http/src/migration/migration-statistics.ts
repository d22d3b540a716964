/** What a migration has seen since this process began. Plain numbers, always counted. */
export class MigrationStatistics {
  /** Questions to the former store. */
  nrOfReads = 0
  /** Sessions that were read there, were not here before, and are now. */
  nrOfTakenIn = 0
  /** Epoch milliseconds of the last one that this process had not had before; 0: none. When it is long ago, the former store is not needed any more. */
  lastTakenInAt = 0
  /** Sessions that ended here because they were gone there; with `first: 'old'`. */
  nrOfGoneThere = 0
  nrOfWrites = 0
  nrOfTouches = 0
  nrOfEnds = 0
  /** Questions that the former store did not answer, or not in time. */
  nrOfFailures = 0
}
