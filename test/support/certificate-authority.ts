import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Issued {
  /** PEM. */
  readonly ca: string
  readonly cert: string
  readonly key: string
}

/** An authority for a test, by the openssl command; what it leaves behind is one folder, until `close`. */
export class CertificateAuthority {
  readonly folder = mkdtempSync(join(tmpdir(), 'authority-'))
  readonly ca: string
  #issued = 0

  constructor(name = 'cats') {
    this.#openssl('req', '-x509', ...newKey('ca.key'), '-out', 'ca.pem', '-days', '3', '-subj', `/CN=${name}`)
    this.ca = this.#read('ca.pem')
  }

  /** `names` as openssl writes them: `DNS:n1`, `IP:127.0.0.1`. Negative `days`: it has expired. */
  issue(names: readonly string[], { days = 2 } = {}): Issued {
    const own = `issued-${this.#issued++}`
    const [key, request, cert, extensions] = ['key', 'csr', 'pem', 'ext'].map(kind => `${own}.${kind}`) as [
      string,
      string,
      string,
      string,
    ]
    writeFileSync(join(this.folder, extensions), names.length > 0 ? `subjectAltName=${names.join(',')}\n` : '')
    this.#openssl('req', '-new', ...newKey(key), '-out', request, '-subj', `/CN=${own}`)
    const by = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', extensions]
    this.#openssl('x509', '-req', '-in', request, ...by, '-days', `${days}`, '-out', cert)
    return { ca: this.ca, cert: this.#read(cert), key: this.#read(key) }
  }

  close(): void {
    rmSync(this.folder, { recursive: true })
  }

  #openssl(...args: readonly string[]): void {
    execFileSync('openssl', args, { cwd: this.folder, stdio: ['ignore', 'ignore', 'pipe'] })
  }

  #read(name: string): string {
    return readFileSync(join(this.folder, name), 'utf8')
  }
}

function newKey(file: string): readonly string[] {
  return ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', file]
}
