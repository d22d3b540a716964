/** What the requests do, in every system the same. */
export interface AppSession {
  /** The counter, filled up with x: one attribute that is as good as the number of changes it has seen. */
  attribute?: string
}

const ATTRIBUTE_BYTES = 200
const NEW_SESSION_BYTES = 1024

/** `session` is called by requests that touch it. Answers the counter. */
export function appWork(path: string, session: () => AppSession): number {
  if (path === '/never') return counterOf(noSession())
  const touched = session()
  if (path === '/read') return counterOf(touched)
  const counter = path === '/new' ? 1 : counterOf(touched) + 1
  touched.attribute = `${counter}`.padEnd(path === '/new' ? NEW_SESSION_BYTES : ATTRIBUTE_BYTES, 'x')
  return counter
}

/** What the system without sessions works on: made anew per request. */
export function noSession(): AppSession {
  return { attribute: '1'.padEnd(ATTRIBUTE_BYTES, 'x') }
}

function counterOf({ attribute }: AppSession): number {
  return Number.parseInt(attribute ?? '0', 10)
}
