import { ALL_KINDS } from '../golden/all-kinds.js'
import type { FuzzTarget } from './target.js'
import { CookieTarget } from './targets/cookie-target.js'
import { DatagramTarget } from './targets/datagram-target.js'
import { KindTarget } from './targets/kind-target.js'
import { ManagerTarget } from './targets/manager-target.js'
import { OptionTarget } from './targets/option-target.js'
import { SecureSocketTarget } from './targets/secure-socket-target.js'
import { SocketTarget } from './targets/socket-target.js'

export type TargetMaker = () => FuzzTarget | Promise<FuzzTarget>

// Cookies have a target of their own, which signs them anew.
const kinds = ALL_KINDS.filter(({ name }) => name !== 'cookies').map((kind): [string, TargetMaker] => [
  kind.name,
  () => new KindTarget(kind, kind.name === 'frames' ? mendLength : undefined),
])

/** Everything that takes bytes of others, by the name that `--target` has for it. */
export const TARGETS: ReadonlyMap<string, TargetMaker> = new Map<string, TargetMaker>([
  ...kinds,
  ['manager', () => ManagerTarget.started()],
  ['cookie-jar', () => new CookieTarget()],
  ['options', () => new OptionTarget()],
])

/** On real sockets, beside a real pair of members: not among those that are fuzzed when none is named. */
export const LIVE_TARGETS: ReadonlyMap<string, TargetMaker> = new Map<string, TargetMaker>([
  ['socket', () => SocketTarget.started(false)],
  ['secure-frames', () => SocketTarget.started(true)],
  ['udp', () => DatagramTarget.started(false)],
  ['sealed-udp', () => DatagramTarget.started(true)],
  ['secure-socket', () => SecureSocketTarget.started()],
])

/** A frame says first how long it is. */
function mendLength(bytes: Buffer): void {
  if (bytes.length >= 8) bytes.writeUInt32BE(bytes.length - 4, 0)
}
