import { DialRate } from './dial-rate.js'

/** What one host has sent and received. */
export class HostCounters {
  datagramsSent = 0
  /** Of these, larger than the network ever lets through. */
  datagramsTooLarge = 0
  datagramsReceived = 0
  datagramBytesSent = 0
  datagramBytesReceived = 0
  /** Calls of `write`: a system call each on a real machine. */
  writes = 0
  bytesWritten = 0
  bytesRead = 0
  dials = 0
  readonly dialRate = new DialRate()
  accepts = 0
}
