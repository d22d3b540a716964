import { isTestApp, type TestApp } from './test-request.js'

/** Arguments that may have the application before them. */
export type WithApp<A extends unknown[]> = A | [app: TestApp, ...A]

/** The application, if it was given, and the other arguments. */
export function split<A extends unknown[]>(args: WithApp<A>): { app: TestApp | undefined; rest: A } {
  const [first, ...others] = args
  return isTestApp(first) ? { app: first, rest: others as A } : { app: undefined, rest: args as A }
}

/** The opposite of `split`. */
export function joined<A extends unknown[]>(app: TestApp | undefined, rest: A): WithApp<A> {
  return app === undefined ? rest : [app, ...rest]
}
