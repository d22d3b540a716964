import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { installPackages, isInstalled } from '../process/debian-packages.js'
import { freePort } from '../process/free-port.js'
import { ServiceProcess } from '../process/service-process.js'

/** Undefined when it is there, or else why not. */
export function nginxProblem(tell: (text: string) => void): string | undefined {
  return isInstalled('nginx', '-v') ? undefined : installPackages(['nginx-light'], tell)
}

export function nginxVersion(): string {
  return `nginx ${/nginx\/(\S+)/.exec(spawnSync('nginx', ['-v'], { encoding: 'utf8' }).stderr)?.[1] ?? '?'}`
}

/** One nginx with a port for each list of nodes, between which it takes turns. */
export class NginxProcess {
  /** In the order of the lists. */
  readonly ports: readonly number[]
  readonly #service: ServiceProcess
  readonly #folder: string

  private constructor(service: ServiceProcess, ports: readonly number[], folder: string) {
    this.#service = service
    this.ports = ports
    this.#folder = folder
  }

  static async start(upstreams: readonly (readonly number[])[]): Promise<NginxProcess> {
    const folder = mkdtempSync(join(tmpdir(), 'clowder-bench-nginx-'))
    const ports: number[] = []
    for (const _ of upstreams) ports.push(await freePort())
    const file = join(folder, 'nginx.conf')
    writeFileSync(file, configuration(folder, upstreams, ports))
    const args = ['-c', file, '-p', folder, '-e', join(folder, 'error.log')]
    return new NginxProcess(await ServiceProcess.start('nginx', args, ports[0]!), ports, folder)
  }

  /** The master and its workers, which do the work. */
  get pids(): number[] {
    const { pid } = this.#service
    const children = readdirSync(`/proc/${pid}/task`).flatMap(task =>
      readFileSync(`/proc/${pid}/task/${task}/children`, 'latin1').split(' ').filter(Boolean).map(Number),
    )
    return [pid, ...children]
  }

  async stop(): Promise<void> {
    await this.#service.stop()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

/**
 * As its manual says of keepalive to upstreams: connections that stay, HTTP/1.1 without `Connection: close`. A worker per core, turns shared by both (`zone`), no log of requests,
 * and clients whose connections are not cut after 1,000 requests.
 */
function configuration(folder: string, upstreams: readonly (readonly number[])[], ports: readonly number[]): string {
  const servers = (nodes: readonly number[]) => nodes.map(port => `server 127.0.0.1:${port};`).join(' ')
  const systems = upstreams.map(
    (nodes, i) => `
  upstream system${i} { zone system${i} 64k; ${servers(nodes)} keepalive 64; keepalive_requests 1000000; }
  server { listen 127.0.0.1:${ports[i]}; location / { proxy_pass http://system${i}; } }`,
  )
  return `
daemon off;
worker_processes auto;
pid ${folder}/nginx.pid;
events { worker_connections 4096; }
http {
  access_log off;
  keepalive_requests 1000000;
  proxy_http_version 1.1;
  proxy_set_header Connection "";
  proxy_temp_path ${folder}/proxy; client_body_temp_path ${folder}/body; fastcgi_temp_path ${folder}/fastcgi; scgi_temp_path ${folder}/scgi; uwsgi_temp_path ${folder}/uwsgi;${systems.join('')}
}
`
}
