import type { Socket } from 'node:net'
import type { Address } from '@clowder/tribes'
import { NodeStream } from '../node-stream.js'
import type { Credentials, SecuredSocket, Transcript } from './credentials.js'
import { decodeGreeting, encodeGreeting, type Greeting, type Verdict } from './greeting.js'
import { readGreeting } from './read-greeting.js'
import { NotSecuredError, StreamHandshakeError, StreamRefusedError } from './secure-errors.js'
import { judgementOf, type Self } from './verdict.js'

/*
 * How a TCP connection becomes a stream between two members that have proved themselves:
 *
 *     dialler   greeting ─────────▶                 ┌──────────── TLS 1.3 ────────────┐
 *     acceptor            ◀───────── greeting with  └─ key of secret and greetings ───┘  ──▶ Stream
 *                                    the verdict
 */

/** What both halves need. */
export interface SecureSpeaker {
  readonly credentials: Credentials
  readonly lowestProtocol: number
  readonly highestProtocol: number
  /** See `clusterHash`. */
  readonly cluster: string
}

/**
 * The acceptor's half; `welcomed` is called when the greeting was good. Rejects with StreamRefusedError, NotSecuredError or StreamHandshakeError, or with why the
 * socket closed, and then the socket is closed.
 */
export function acceptStream(
  socket: Socket,
  remote: Address,
  speaker: SecureSpeaker,
  welcomed: () => void,
): Promise<NodeStream> {
  return closedUnless(socket, acceptGreeted(socket, remote, speaker, welcomed))
}

/** The dialler's half; rejects in the same way. */
export function dialStream(socket: Socket, address: Address, speaker: SecureSpeaker): Promise<NodeStream> {
  return closedUnless(socket, dialGreeted(socket, address, speaker))
}

/** `destroySoon`: an answer that was written still leaves. */
async function closedUnless(socket: Socket, stream: Promise<NodeStream>): Promise<NodeStream> {
  try {
    return await stream
  } catch (error) {
    socket.destroySoon()
    throw error
  }
}

async function acceptGreeted(
  socket: Socket,
  remote: Address,
  speaker: SecureSpeaker,
  welcomed: () => void,
): Promise<NodeStream> {
  const dialler = await readGreeting(socket, remote)
  const greeting = decodeGreeting(dialler)
  if (greeting?.verdict !== 'dialler') throw new NotSecuredError(remote)
  const { verdict, chosenKeyId } = judgementOf(greeting, selfOf(speaker))
  const acceptor = greetingOf(speaker, verdict, chosenKeyId)
  socket.write(acceptor)
  if (verdict !== 'welcome') throw new StreamRefusedError(remote, verdict, true)
  welcomed()
  return secured(remote, speaker.credentials.accepted(socket, { dialler, acceptor, chosenKeyId }))
}

async function dialGreeted(socket: Socket, address: Address, speaker: SecureSpeaker): Promise<NodeStream> {
  const dialler = greetingOf(speaker, 'dialler')
  socket.write(dialler)
  const acceptor = await readGreeting(socket, address)
  const { chosenKeyId } = welcomeOf(decodeGreeting(acceptor), address, speaker)
  return secured(address, speaker.credentials.dialled(socket, { dialler, acceptor, chosenKeyId }))
}

/** Nothing that a welcome says is believed but the choice of a secret that we greeted with. */
function welcomeOf(
  greeting: Greeting | undefined,
  address: Address,
  speaker: SecureSpeaker,
): Pick<Transcript, 'chosenKeyId'> {
  if (!greeting || greeting.verdict === 'dialler') throw new NotSecuredError(address)
  const { verdict, chosenKeyId } = greeting
  if (verdict !== 'welcome') throw new StreamRefusedError(address, verdict, false)
  const { keyIds } = speaker.credentials
  const isOurs = chosenKeyId === undefined ? keyIds.length === 0 : keyIds.includes(chosenKeyId)
  if (!isOurs) throw new NotSecuredError(address)
  return { chosenKeyId }
}

async function secured(remote: Address, handshake: Promise<SecuredSocket>): Promise<NodeStream> {
  try {
    const { socket, peerNames } = await handshake
    return new NodeStream(socket, peerNames)
  } catch (error) {
    throw new StreamHandshakeError(remote, error as Error)
  }
}

function selfOf({ lowestProtocol, highestProtocol, cluster, credentials }: SecureSpeaker): Self {
  return { lowestProtocol, highestProtocol, cluster, keyIds: credentials.keyIds }
}

function greetingOf(speaker: SecureSpeaker, verdict: Verdict, chosenKeyId?: string): Buffer {
  return encodeGreeting({ ...selfOf(speaker), verdict, ...(chosenKeyId !== undefined && { chosenKeyId }) })
}
