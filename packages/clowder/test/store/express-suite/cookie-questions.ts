import assert from 'node:assert/strict'
import { end, type Suite, type SuiteCase } from './suite-case.js'
import type { SuiteHandler, SuiteOptions } from './suite-server.js'

const HTTPS = { 'x-forwarded-proto': 'https' }

/** Tells Express' word for https by a header. */
const secureByHeader: SuiteHandler = req => {
  const said = req.headers['x-secure']
  req.secure = said === undefined ? undefined : said === 'true'
}

/** Under `/foo`, as Express mounts. */
const mountedAtFoo: SuiteHandler = req => {
  if (!req.url!.startsWith('/foo')) return
  req.originalUrl = req.url!
  req.url = req.url!.slice('/foo'.length)
}

interface CookieQuestion {
  readonly title: string
  readonly options: SuiteOptions
  readonly setup?: SuiteHandler
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Whether a cookie is set; a word: with that attribute; with a `!`, without. */
  readonly gives: boolean | string
}

const SECURE = { cookie: { secure: true } }
const AUTO = { cookie: { secure: 'auto', maxAge: 60_000 } }
const UNDER_FOO_BAR = { cookie: { path: '/foo/bar' } }

const questions: readonly CookieQuestion[] = [
  { title: 'proxy: https is believed', options: { proxy: true, ...SECURE }, headers: HTTPS, gives: true },
  {
    title: 'proxy: the first of a list is believed',
    options: { proxy: true, ...SECURE },
    headers: { 'x-forwarded-proto': 'https,http' },
    gives: true,
  },
  {
    title: 'proxy: without the header the cookie is not for this connection',
    options: { proxy: true, ...SECURE },
    gives: false,
  },
  {
    title: 'no proxy: the header is not believed',
    options: { proxy: false, ...SECURE },
    headers: HTTPS,
    gives: false,
  },
  {
    title: 'no proxy: nor is req.secure',
    options: { proxy: false, ...SECURE },
    setup: secureByHeader,
    headers: { ...HTTPS, 'x-secure': 'true' },
    gives: false,
  },
  {
    title: 'nothing said of a proxy: the header is not believed',
    options: SECURE,
    setup: secureByHeader,
    headers: HTTPS,
    gives: false,
  },
  {
    title: 'nothing said of a proxy: req.secure is believed',
    options: SECURE,
    setup: secureByHeader,
    headers: { ...HTTPS, 'x-secure': 'true' },
    gives: true,
  },
  { title: 'path: outside of it there is no cookie', options: UNDER_FOO_BAR, path: '/', gives: false },
  {
    title: 'path: nor for a host that looks like it',
    options: UNDER_FOO_BAR,
    headers: { host: 'http://foo/bar' },
    gives: false,
  },
  { title: 'path: on it there is one', options: UNDER_FOO_BAR, path: '/foo/bar', gives: true },
  { title: 'path: and below', options: UNDER_FOO_BAR, path: '/foo/bar/baz', gives: true },
  {
    title: 'path: the whole path counts where it is mounted',
    options: UNDER_FOO_BAR,
    setup: mountedAtFoo,
    path: '/foo/bar',
    gives: true,
  },
  {
    title: 'path: and not the rest of it alone',
    options: UNDER_FOO_BAR,
    setup: mountedAtFoo,
    path: '/foo/foo/bar',
    gives: false,
  },
  { title: 'secure auto: behind a trusted proxy', options: { proxy: true, ...AUTO }, headers: HTTPS, gives: 'secure' },
  {
    title: 'secure auto: behind one that is not',
    options: { proxy: false, ...AUTO },
    headers: HTTPS,
    gives: '!secure',
  },
  {
    title: 'secure auto: as req.secure says',
    options: AUTO,
    setup: secureByHeader,
    headers: { 'x-secure': 'true' },
    gives: 'secure',
  },
  {
    title: 'secure auto: and as it does not',
    options: AUTO,
    setup: secureByHeader,
    headers: { 'x-secure': 'false' },
    gives: '!secure',
  },
  { title: 'secure: not over plain http', options: SECURE, gives: false },
  { title: 'partitioned: not by itself', options: {}, gives: '!partitioned' },
  { title: 'partitioned: not when it is false', options: { cookie: { partitioned: false } }, gives: '!partitioned' },
  {
    title: 'partitioned: when it is true, and the cookie secure',
    options: { cookie: { partitioned: true, secure: true }, proxy: true },
    headers: HTTPS,
    gives: 'partitioned',
  },
]

async function answerQuestion(suite: Suite, { options, setup, path, headers, gives }: CookieQuestion): Promise<void> {
  const { cookie, status } = await (await suite.visit(options, end, setup)).get(path, headers)
  assert.equal(status, 200)
  if (typeof gives === 'boolean') return assert.equal(cookie !== undefined, gives)
  const without = gives.startsWith('!')
  assert.ok(cookie)
  assert.equal(Object.hasOwn(cookie.attributes, gives.replace('!', '')), !without)
}

/** Whether there is a cookie at all, and for whom. */
export const cookieQuestions: readonly SuiteCase[] = questions.map(question => ({
  title: question.title,
  run: suite => answerQuestion(suite, question),
}))
