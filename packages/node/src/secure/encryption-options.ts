import { EncryptionOptionError } from './encrypt-errors.js'

/** Tomcat's attributes of EncryptInterceptor. */
export interface EncryptInterceptorOptions {
  /** The same on all members: 32, 48 or 64 hexadecimal digits, for AES-128, AES-192 or AES-256. */
  readonly encryptionKey: string
  /** There is no other. @default 'AES/GCM/NoPadding' */
  readonly encryptionAlgorithm?: string
}

const THE_ALGORITHM = 'AES/GCM/NoPadding'
const FORGEABLE = 'does not authenticate: whoever changes a bit on the way changes that bit of the message'
const ORACLE =
  'does not authenticate: from how members fail on changed messages their text can be found out (CVE-2026-29146)'

/** Why not, by mode. */
const WEAKNESSES: Readonly<Record<string, string>> = {
  NONE: 'names no mode',
  ECB: 'encrypts equal blocks equally, so that messages can be told apart and put together anew',
  CBC: ORACLE,
  PCBC: ORACLE,
  CTS: ORACLE,
  CFB: FORGEABLE,
  OFB: FORGEABLE,
  CTR: FORGEABLE,
  GCM: 'is not how GCM is written: it takes no padding',
  KW: 'is for keys, not for messages',
  KWP: 'is for keys, not for messages',
}

/** What people bring along from server.xml. */
const FOREIGN: Readonly<Record<string, string>> = {
  providerName: 'is no option here: the cryptography is that of Node',
  replayWindowTime: 'is no option here: a replay is recognized by its number, and no clock is involved',
  replayWindowMessageCount:
    'is no option here: 256 numbers of each of 4,096 senders are kept, and what is older counts as received',
}

/** The key. Throws EncryptionOptionError. */
export function checkedKey(options: EncryptInterceptorOptions): Buffer {
  const { encryptionKey, encryptionAlgorithm = THE_ALGORITHM, ...others } = options
  for (const option of Object.keys(others)) throw new EncryptionOptionError(option, FOREIGN[option] ?? 'is no option')
  if (String(encryptionAlgorithm).toUpperCase() !== THE_ALGORITHM.toUpperCase())
    throw new EncryptionOptionError('encryptionAlgorithm', weaknessOf(String(encryptionAlgorithm)))
  if (typeof encryptionKey !== 'string' || !/^(?:[0-9a-f]{32}|[0-9a-f]{48}|[0-9a-f]{64})$/i.test(encryptionKey))
    throw new EncryptionOptionError(
      'encryptionKey',
      'must be 32, 48 or 64 hexadecimal digits, the same on all members; `openssl rand -hex 32` prints some',
    )
  return Buffer.from(encryptionKey, 'hex')
}

function weaknessOf(algorithm: string): string {
  const [cipher = '', mode = ''] = algorithm.toUpperCase().split('/')
  const known = cipher === 'AES' && Object.hasOwn(WEAKNESSES, mode)
  return `${JSON.stringify(algorithm)} ${known ? WEAKNESSES[mode] : 'is not known here'}; the only one is '${THE_ALGORITHM}'`
}
