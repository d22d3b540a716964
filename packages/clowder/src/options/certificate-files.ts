import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { CertificateFiles } from '@clowder/node'
import type { OptionProblem } from '../errors.js'
import type { ClusterSettings } from './cluster-options.js'

type TlsSettings = NonNullable<ClusterSettings['tls']>
type Name = keyof TlsSettings

/** What `tls` names, read, and everything that is wrong with it. */
export interface ReadCertificates {
  /** Undefined when something is wrong. */
  readonly files: CertificateFiles | undefined
  readonly problems: readonly OptionProblem[]
}

export function readCertificates(tls: TlsSettings, nowMs: number): ReadCertificates {
  const reading = new CertificateReading(tls, nowMs)
  const files = { ca: reading.text('ca'), cert: reading.text('cert'), key: reading.text('key') }
  reading.check(files)
  return { files: reading.problems.length === 0 ? files : undefined, problems: reading.problems }
}

/** What is longer and has no name's ending may be a key that has lost its first line, or was wrapped once more. */
const MAX_SHOWN_CHARACTERS = 47
const ENDING = /\.[\w-]{1,16}$/
const CERTIFICATE = /-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----/gs

class CertificateReading {
  readonly problems: OptionProblem[] = []
  readonly #tls: TlsSettings
  readonly #nowMs: number

  constructor(tls: TlsSettings, nowMs: number) {
    this.#tls = tls
    this.#nowMs = nowMs
  }

  /** PEM; empty when it could not be read. */
  text(name: Name): string {
    const given = this.#tls[name]
    if (typeof given !== 'string') return Buffer.from(given).toString()
    if (given.includes('-----BEGIN')) return given
    try {
      return readFileSync(given, 'utf8')
    } catch (error) {
      this.#add(name, `a file that can be read (${(error as NodeJS.ErrnoException).code})`)
      return ''
    }
  }

  check({ ca, cert, key }: CertificateFiles): void {
    const authorities = this.#certificates('ca', ca)
    const [own, ...between] = this.#certificates('cert', cert)
    const privateKey = this.#privateKey(key)
    if (!own) return
    if (privateKey && !own.checkPrivateKey(privateKey)) this.#add('key', 'the key of the certificate in tls.cert')
    if (own.subjectAltName === undefined)
      this.#add('cert', "a certificate with a subject alternative name: the member's jvmRoute, or its host")
    if (authorities.length > 0 && !isIssued(own, between, authorities))
      this.#add('cert', 'a certificate that an authority in tls.ca has issued')
  }

  #certificates(name: 'ca' | 'cert', pem: string): X509Certificate[] {
    const found = (pem.match(CERTIFICATE) ?? []).map(certificateOf)
    if (pem !== '' && (found.length === 0 || found.includes(undefined))) this.#add(name, 'PEM with certificates')
    const certificates = found.filter(certificate => certificate !== undefined)
    for (const certificate of certificates) this.#checkDates(name, certificate)
    return certificates
  }

  #checkDates(name: Name, { validFrom, validTo, subject }: X509Certificate): void {
    const who = subject.replaceAll('\n', ', ')
    if (this.#nowMs > Date.parse(validTo))
      this.#add(name, `a certificate that is still valid: that of ${who} expired on ${validTo}`)
    if (this.#nowMs < Date.parse(validFrom))
      this.#add(name, `a certificate that is valid already: that of ${who} is from ${validFrom} on`)
  }

  #privateKey(pem: string): KeyObject | undefined {
    if (pem === '') return undefined
    try {
      return createPrivateKey(pem)
    } catch {
      this.#add('key', 'a private key in PEM that is not encrypted')
      return undefined
    }
  }

  #add(name: Name, allowed: string): void {
    this.problems.push({ path: `tls.${name}`, given: givenText(this.#tls[name]), allowed: `allowed: ${allowed}` })
  }
}

/** A path is shown; what is in a file is not. */
function givenText(given: TlsSettings[Name]): string {
  if (typeof given !== 'string' || given.includes('-----BEGIN')) return 'given PEM'
  const isPath = given.length <= MAX_SHOWN_CHARACTERS || ENDING.test(given)
  return isPath ? `given ${JSON.stringify(given)}` : `given a text of ${Buffer.byteLength(given)} bytes`
}

function certificateOf(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem)
  } catch {
    return undefined
  }
}

/** By one of the authorities, or by one between that is. */
function isIssued(
  certificate: X509Certificate,
  between: readonly X509Certificate[],
  authorities: readonly X509Certificate[],
): boolean {
  if (authorities.some(authority => hasIssued(authority, certificate))) return true
  return between.some((next, i) => hasIssued(next, certificate) && isIssued(next, between.toSpliced(i, 1), authorities))
}

function hasIssued(issuer: X509Certificate, certificate: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)
}
