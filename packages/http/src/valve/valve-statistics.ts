/** What a valve has seen since it was made. Plain numbers, always counted; Tomcat's names where it has them. */
export class ValveStatistics {
  /** Requests that came, filtered ones included. */
  nrOfRequests = 0
  /** Requests that `filter` kept away from sessions. */
  nrOfFilterRequests = 0
  /** Requests that changed a session. */
  nrOfSendRequests = 0
  /** Cookies of our name whose signature is not ours. */
  nrOfForgedCookies = 0
  /** Requests that asked other nodes for a session. */
  nrOfPulls = 0
  /** Answers from a session older than what the client has seen, flagged as such. */
  nrOfStaleAnswers = 0
  /** Requests answered 503 instead, by `whenStale: 'refuse'`. */
  nrOfRefusedRequests = 0
  /** Commits that fewer members than asked held in time. */
  nrOfDegradedCommits = 0
  /** Changes committed after the headers were out: the client's cookie does not know of them. */
  nrOfLateCommits = 0
  /** Attributes that could not be kept. */
  nrOfRefusedAttributes = 0
  /** Commits that failed altogether. */
  nrOfFailedCommits = 0
  /** Answers that had to be cut off, because Node refused after the wait what the application had sent. */
  nrOfFailedAnswers = 0
  /** Cookies that did not name this node and were sent back with its route. */
  nrOfRouteRewrites = 0
  /** Requests that had their session's lock. */
  nrOfLockedRequests = 0
  /** Requests that could not have it in time. */
  nrOfLockTimeouts = 0
  /** Requests whose lock was lost before they were done: nothing that they changed was kept. */
  nrOfLostLocks = 0
  /** Requests that `lock.mode` 'auto' took for readers and that changed their session. */
  nrOfMispredictions = 0
  /** Those among them that were refused, because another request had changed meanwhile what they had read or written. */
  nrOfOvertakenRequests = 0

  /** Tomcat's resetStatistics. */
  reset(): void {
    Object.assign(this, new ValveStatistics())
  }
}

/** As Tomcat's valve logs it; all that is not zero. */
export function statisticsText(statistics: ValveStatistics): string {
  const counts = Object.entries(statistics).filter(([, count]) => count !== 0)
  return `ReplicationValve statistics: ${counts.map(([name, count]) => `${name}=${count}`).join(' ')}`
}
