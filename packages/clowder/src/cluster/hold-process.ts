const LONGEST_TIMER_MS = 2 ** 31 - 1

/** No socket or timer of a cluster keeps the process open; while `work` goes on, this does, so that whoever awaits it is answered. */
export async function holdProcess<T>(work: Promise<T>): Promise<T> {
  const hold = setInterval(() => {}, LONGEST_TIMER_MS)
  try {
    return await work
  } finally {
    clearInterval(hold)
  }
}
