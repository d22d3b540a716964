import t, { type Test } from 'tap'
import { answerCases } from './express-suite/answer-cases.js'
import { optionCases } from './express-suite/option-cases.js'
import { requestCases } from './express-suite/request-cases.js'
import { sessionCases } from './express-suite/session-cases.js'
import { Suite, type SuiteCase } from './express-suite/suite-case.js'
import { type SuiteSite, suiteSites } from './express-suite/suite-sites.js'

/*
 * What express-session's own suite looks at, case by case, on its own memory, which says what is to be expected, on Clowder's store, and on Clowder's middleware in its place.
 */

const allCases = [...requestCases, ...answerCases, ...optionCases, ...sessionCases]

type Differences = Readonly<Record<string, string>>

const SENT_ANYWAY = 'a secure cookie is sent, which browsers refuse over plain http, and a warning is logged'
const PARSED = 'cookies are read from the header alone'
const NO_PATH = 'there is a session outside of the path of its cookie'

/** What cluster.express() does otherwise, and why: docs/recipes/express.md tells it. */
const OF_MIDDLEWARE: Differences = {
  'of a session only its attributes and the cookie are enumerable': 'the cookie is not among the attributes',
  'a session whose id was replaced by nonsense is not saved': 'replacing the id throws',
  'a cookie that a parser has put in req.signedCookies counts': PARSED,
  'a cookie that a parser has put in req.cookies counts': PARSED,
  'proxy: without the header the cookie is not for this connection': SENT_ANYWAY,
  'no proxy: the header is not believed': SENT_ANYWAY,
  'no proxy: nor is req.secure': SENT_ANYWAY,
  'nothing said of a proxy: the header is not believed': SENT_ANYWAY,
  'secure: not over plain http': SENT_ANYWAY,
  'path: outside of it there is no cookie': NO_PATH,
  'path: nor for a host that looks like it': NO_PATH,
  'path: and not the rest of it alone': NO_PATH,
  'cookie: one that cannot be written is told of when the answer has gone': 'it is refused at the start',
  'expires: null, and not sent again when the session changes': 'the cookie says what its client has seen',
}

const OF_ROUTES = 'the cookie names the node that has answered'

const ON_SEVERAL_NODES: Differences = {
  'the cookie comes when something changed, and not otherwise': OF_ROUTES,
  'cookie: without a time it ends with the browser, and is sent once': OF_ROUTES,
  'expires: null is a cookie that ends with the browser, and is sent once': OF_ROUTES,
  'rolling: false unless it is said': OF_ROUTES,
}

/** Of the stores none: what express-session does with its own memory it does with ours. */
function differencesOf(site: SuiteSite, name: string): Differences {
  if (site.isExpressSession) return {}
  return name.includes('three') ? { ...OF_MIDDLEWARE, ...ON_SEVERAL_NODES } : OF_MIDDLEWARE
}

async function runCase(t: Test, site: SuiteSite, { title, run }: SuiteCase, why: string | undefined): Promise<void> {
  const suite = new Suite(site)
  t.teardown(() => suite.close())
  await suite.serve()
  await suite.clear()
  if (why === undefined) await run(suite)
  else await t.rejects(run(suite), `it does hold: ${title}`)
}

for (const [name, makeSite] of Object.entries(suiteSites))
  t.test(name, async t => {
    const site = await makeSite(t)
    const differences = differencesOf(site, name)
    for (const suiteCase of allCases) {
      if (suiteCase.isOfStores && !site.isExpressSession) continue
      const why = differences[suiteCase.title]
      t.test(why === undefined ? suiteCase.title : `${suiteCase.title} (not so: ${why})`, t =>
        runCase(t, site, suiteCase, why),
      )
    }
  })
