import { BrowserCookies } from './browser-cookies.js'
import type { NodeRef, TestCluster } from './test-cluster.js'
import type { TestRequest } from './test-request.js'
import type { TestResponse } from './test-response.js'
import { joined, split, type WithApp } from './with-app.js'

/** A request but for its url. */
export type TestRequestInit = Omit<TestRequest, 'url'>

/** Whoever delivers requests to nodes: the test cluster. */
type Requests = Pick<TestCluster, 'request'>

/**
 * A client that keeps its cookies, behind a balancer that you are: each request names the node that gets it. Does not follow redirects, so that you choose
 * who answers next.
 */
export class TestBrowser {
  readonly #cluster: Requests
  readonly #cookies: BrowserCookies

  constructor(cluster: Requests, cookies = new BrowserCookies()) {
    this.#cluster = cluster
    this.#cookies = cookies
  }

  /** Name → value, of the path `/`. */
  get cookies(): Readonly<Record<string, string>> {
    return this.#cookies.for('/')
  }

  /** Another client with the same cookies as of now: a second device, or somebody who has stolen them. */
  copy(): TestBrowser {
    return new TestBrowser(this.#cluster, new BrowserCookies(this.#cookies))
  }

  /** `[app,] url, init`: see `TestCluster.request`. */
  get(node: NodeRef, ...args: WithApp<[url: string, init?: TestRequestInit]>): Promise<TestResponse> {
    const { app, rest } = split<[url: string, init?: TestRequestInit]>(args)
    const [url, init] = rest
    return this.request(node, ...joined<[TestRequest]>(app, [{ ...init, url, method: 'GET' }]))
  }

  /** `[app,] url, body, init`: see `TestRequest.body`. */
  post(node: NodeRef, ...args: WithApp<[url: string, body?: unknown, init?: TestRequestInit]>): Promise<TestResponse> {
    const { app, rest } = split<[url: string, body?: unknown, init?: TestRequestInit]>(args)
    const [url, body, init] = rest
    return this.request(node, ...joined<[TestRequest]>(app, [{ ...init, url, body, method: 'POST' }]))
  }

  /** Any request, with this client's cookies. */
  async request(node: NodeRef, ...args: WithApp<[request: TestRequest]>): Promise<TestResponse> {
    const { app, rest } = split<[TestRequest]>(args)
    const [request] = rest
    const cookies = { ...this.#cookies.for(pathOf(request.url)), ...request.cookies }
    const response = await this.#cluster.request(node, ...joined<[TestRequest]>(app, [{ ...request, cookies }]))
    this.#cookies.take(response.setCookies)
    return response
  }
}

function pathOf(url: unknown): string {
  return String(url).split('?', 1)[0]!
}
