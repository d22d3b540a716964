/** What the transport has done so far. One object for all links; read it, do not write it. */
export interface TransportStats {
  messagesSent: number
  messagesReceived: number
  /** Of frames, as given to and taken from the streams. */
  bytesSent: number
  bytesReceived: number
  /** `stream.write` calls: messages sent ÷ writes is how well a turn is used. */
  writes: number
  acksSent: number
  acksReceived: number
  /** Messages written a second time after a connection broke. */
  messagesResent: number
  /** Messages that came a second time and were not delivered again. */
  duplicatesDropped: number
  /** Messages refused because the member is behind. */
  messagesRefused: number
  ackTimeouts: number
  listenerFailures: number
  /** Connections closed because of the peer's bytes. */
  malformed: number
  /** Those of them whose frame was not complete in time. */
  framesIncomplete: number
  /** How often a member was not read for a while, because its messages piled up with the listeners. */
  readingPaused: number
  /** Frames of types that a later version has; they were left out. */
  framesUnknown: number
  connectionsOpened: number
  connectionsClosed: number
  handshakesRefused: number
  /** Newcomers that were not let in, whoever dialled, because too many had come before them. */
  joinsRefused: number
  dials: number
  dialsFailed: number
}

export function newTransportStats(): TransportStats {
  return {
    messagesSent: 0,
    messagesReceived: 0,
    bytesSent: 0,
    bytesReceived: 0,
    writes: 0,
    acksSent: 0,
    acksReceived: 0,
    messagesResent: 0,
    duplicatesDropped: 0,
    messagesRefused: 0,
    ackTimeouts: 0,
    listenerFailures: 0,
    malformed: 0,
    framesIncomplete: 0,
    readingPaused: 0,
    framesUnknown: 0,
    connectionsOpened: 0,
    connectionsClosed: 0,
    handshakesRefused: 0,
    joinsRefused: 0,
    dials: 0,
    dialsFailed: 0,
  }
}
