import { constants } from 'node:os'
import { ChannelInterceptor } from '@clowder/tribes'
import { z } from 'zod'
import { LOG_LEVELS, type LogLevel } from '../log/log-sink.js'
import { applicationOptions, signOnOptions } from './application-options.js'
import { contextOptions } from './context-options.js'
import { managerOptions } from './manager-options.js'
import { membershipOptions } from './membership-options.js'
import { migrationOptions } from './migration-options.js'
import { flag, oneOf, textOr } from './option.js'
import { tlsOptions } from './tls-options.js'
import {
  channelOptions,
  dispatchOptions,
  failureDetectorOptions,
  receiverOptions,
  senderOptions,
} from './transport-options.js'
import { userOptions } from './user-options.js'
import { valveOptions } from './valve-options.js'

const MIN_SECRET_BYTES = 32
/** What a greeting between members has room for. */
const MOST_SECRETS = 4
const MAX_SECRET_BYTES = 65_535
const MAX_NAME_BYTES = 64

/** Files and variables often end in a line break, which is no part of a secret. */
const oneSecret = z
  .string()
  .trim()
  .refine(value => Buffer.byteLength(value) >= MIN_SECRET_BYTES && Buffer.byteLength(value) <= MAX_SECRET_BYTES)

const secret = z
  .union([oneSecret, z.array(oneSecret).min(1).max(MOST_SECRETS)])
  .transform(given => (typeof given === 'string' ? [given] : given))
  .optional()
  .meta({
    description:
      'Secures the cluster; the same on all members. They authenticate each other with it, everything between them is encrypted (TLS 1.3), and session cookies are signed. `npx clowder secret` prints one. In a list the first is used and all are accepted, so that a secret can be replaced: add the new one behind on all members, then move it to the front, then drop the old one; or without a restart, by `cluster.keyring` (docs/recipes/rotating-the-secret.md), which holds for all members whatever their options say, until the last of them stops. Without it the environment variable CLOWDER_SECRET is read (several separated by commas); white space around a secret is no part of it; without both the cluster stays on loopback, and cookies are signed with a key derived from the name of the cluster, which protects nobody; where NODE_ENV is production the log warns of it.',
    allowed: `text of at least ${MIN_SECRET_BYTES} bytes, or a list of up to ${MOST_SECRETS} such texts`,
  })

const jvmRoute = z
  .string()
  .refine(value => /^[A-Za-z0-9_-]{1,64}$/.test(value))
  .optional()
  .meta({
    description:
      "This member's name: in logs, and behind the last dot of the cookie, where a load balancer with sticky sessions looks for it. Without it the name is `host:port` and the cookie has no route.",
    allowed: 'letters, digits, _ and -, at most 64',
  })

/** pino and bunyan fit as they are, and so does console. */
export type ApplicationLogger = Record<LogLevel, (...parameters: never[]) => unknown>

const logger = z
  .union([z.literal(false), z.custom<ApplicationLogger>(hasLogMethods)])
  .optional()
  .meta({
    description:
      'Where to log: console, or anything whose methods take (fields, message) as those of pino and bunyan do; false: nowhere. Without it, and where one of them throws: one line each on standard error.',
    allowed: 'an object with debug, info, warn and error, or false',
  })

const interceptors = z.array(z.instanceof(ChannelInterceptor)).default([]).meta({
  description:
    "Layers of your own between sessions and the wire, the uppermost first (Tomcat: Interceptor); they stand above those that are built in, and see messages only. New ones for each cluster, and on all members those that change messages, in the same order. Security needs none of them: see `secret`. `EncryptInterceptor` is for who must have Tomcat's.",
  allowed: 'a list of ChannelInterceptor',
})

const stopOnSignal = z
  .union([z.boolean(), z.array(z.custom<NodeJS.Signals>(isHeard)).min(1)])
  .default(false)
  .meta({
    description:
      'Signals upon which the cluster is stopped; then the signal is raised again and ends the process. True: SIGTERM and SIGINT. It does not wait for HTTP requests: an application with a server closes that first and calls `stop` itself.',
    allowed: "true, false or a list of signals that can be caught, such as 'SIGTERM'",
  })

/** Everything `createCluster` accepts. */
export const clusterOptions = z.strictObject({
  name: textOr(
    'clowder',
    MAX_NAME_BYTES,
    'The name of the cluster. Members of another cluster are ignored, and refused if they connect.',
  ),
  distributable: flag(true, 'False: the same API with the sessions of this process only; no socket is opened.'),
  secret,
  tls: tlsOptions,
  insecure: flag(
    false,
    'True: members do not authenticate each other and nothing between them is encrypted, whether there is a secret or not; and still any address is allowed. Only in a network in which everybody is trusted.',
  ),
  jvmRoute,
  membership: membershipOptions,
  receiver: receiverOptions,
  sender: senderOptions,
  failureDetector: failureDetectorOptions,
  dispatch: dispatchOptions,
  channel: channelOptions,
  interceptors,
  manager: managerOptions,
  valve: valveOptions,
  users: userOptions,
  context: contextOptions,
  migration: migrationOptions,
  applications: applicationOptions,
  singleSignOn: signOnOptions,
  logger,
  logLevel: oneOf(
    LOG_LEVELS,
    'info',
    'Least level that is logged. The environment variable DEBUG=clowder (or clowder:*, or *) lowers it to debug. A logger with levels of its own filters again.',
  ),
  stopOnSignal,
})

/** What a user gives. */
export type ClusterOptions = z.input<typeof clusterOptions>
/** The same with every default in its place. */
export type ClusterSettings = z.output<typeof clusterOptions>

/** A system tells nobody of the other two, and Node throws where somebody listens to them. */
function isHeard(signal: unknown): boolean {
  return signal !== 'SIGKILL' && signal !== 'SIGSTOP' && Object.hasOwn(constants.signals, String(signal))
}

function hasLogMethods(given: unknown): boolean {
  return LOG_LEVELS.every(
    method => typeof (given as Record<string, unknown> | null | undefined)?.[method] === 'function',
  )
}
