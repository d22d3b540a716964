import { type OptionText, optionTexts } from '../src/options/option-paths.js'

const HEAD = `# Configuration

Every option of \`createCluster(options)\`. Names, units and defaults are Tomcat's where Tomcat has the option, so that whoever knows \`server.xml\` is at
home; where a default differs, the text says so. Options can be left out, all of them: \`createCluster()\` is a cluster on this host.

What is unknown, out of range or contradictory is refused before anything is started, all at once, each with its path, what was given and what is
allowed (\`CLOWDER_BAD_OPTIONS\`). Values of secrets are never shown.

<!-- This page is made from the schema by packages/clowder/scripts/write-configuration-page.ts; a test compares them. -->

\`\`\`ts
import { createCluster } from 'clowder'

const cluster = await createCluster({
  name: 'shop',
  jvmRoute: 'n1',
  membership: { members: ['127.0.0.1:4000', '127.0.0.1:4001'] },
  manager: { maxInactiveInterval: 3600 },
})
app.use(cluster.express())
\`\`\`
`

const TAIL = `## One secret

\`secret\`, or \`CLOWDER_SECRET\`, is all that it takes to secure a cluster: at least 32 random bytes, the same on every member. \`npx clowder secret\` prints one.

| | with a secret | without one |
|---|---|---|
| between members | mutual TLS 1.3 with a key made of the secret; whoever does not have it is refused before anything of theirs is read | nothing is authenticated or encrypted |
| addresses | any; \`receiver.address: 'auto'\` is one that others can reach | loopback only: \`receiver.address\` and \`membership.bind\` are 127.0.0.1, and any other address there or in \`membership.members\` is refused (\`CLOWDER_INSECURE_ADDRESS\`) |
| cookies | signed | signed with a key that follows from the name of the cluster, which protects nobody |

\`insecure: true\` is the way without it: any address, and nothing is authenticated or encrypted between members, even with a secret (which then signs cookies only). A warning says so at each start.

\`tls\` gives each member an identity of its own: connections are mutual TLS 1.3 with certificates, and the subject alternative name of a member's certificate must be its \`jvmRoute\` or the host at which it is reached. A secret beside it secures heartbeats and
cookies; without one multicast is refused, and cookies are as without a secret. [A recipe](recipes/tls-certificates.md) makes some. Certificates are read once: to renew them, restart one member after the other.

Members that do not belong together say so on both sides, once a minute and peer: another secret, another cluster's name, no protocol in common, a secret on one side only. That is so where one dials the other; of heartbeats by multicast, on a group that other people's clusters may use as well, strange ones are told at INFO, once a minute of each address, and all are counted (\`inspect().multicast.strangers\`).

## \`cluster.store(options)\`

Of a store, which express-session and others are given; \`storeOf\` and \`koaStore\` take the same. Anything else is refused (\`HTTP_BAD_STORE_OPTION\`).

| option | default | allowed | meaning |
|---|---|---|---|
| \`acknowledge\` | that of \`manager.acknowledge\` | \`'async'\`, \`'backup'\` or \`'all'\` | What must hold a change before the store calls back: nobody else, and it does so in the same turn; one other member; every member. |

## Environment

| variable | meaning |
|---|---|
| \`CLOWDER_SECRET\` | used when the option \`secret\` is not given; several secrets are separated by commas; empty is as if it were not set, and the log says so at the start |
| \`DEBUG\` | \`clowder\`, \`clowder:*\` or \`*\` among its names lowers \`logLevel\` to \`debug\` |
| \`NODE_ENV\` | \`production\`: without a secret the log warns, unless \`distributable: false\` |
| \`NO_COLOR\` | when set, the log on a terminal has no colours |

No other variable is read.

## What an attribute may hold

Attributes are sent as MessagePack, and come back on every node as they were: plain objects and arrays, strings, numbers, booleans, null, undefined, Date,
Map, Set, BigInt of any size, every typed array, ArrayBuffer, DataView, Buffer (as a Buffer), RegExp, Error (its name, message and cause), NaN and the
infinities, references that are shared or go round in circles. Everything else is refused with its path, for example \`cart.items[3].onClick is a
function\`, and the other changes of the request are kept: functions, symbols, instances of classes, WeakMap, Promise, streams, boxed primitives, getters
and proxies that throw, arrays with holes or with properties, AggregateError and errors with properties of their own,
anything nested deeper than 64 levels, or of more than 131,072 objects. \`__proto__\`, \`constructor\` and \`prototype\` are names like any other.

Five things are made plain: -0 comes back as 0, an object without a prototype as an ordinary one, a getter as the value that it gave, two views of one
ArrayBuffer as views of their own copies, and a RegExp with \`lastIndex\` 0. Properties that are not enumerable stay behind, and so do the stacks of errors.

## Logging

\`\`\`
12:00:01.123 INFO  shop[n1] Replication member added:[n2 tcp://127.0.0.1:4001]
\`\`\`

Local time, level, cluster and member, one line per record, on standard error. With \`logger\` the records go to your logger instead.

No line and no error quotes a secret, a session's id, a cookie, a value of an attribute or the query of a URL. Which session a line is about says its field
\`session\`: a label such as \`#3f9a1c02\`, the same on all members, which \`cluster.sessions.labelOf(id)\` makes of an id.

Whatever the logger and its level, these channels of \`node:diagnostics_channel\` publish; nothing is spent on one without subscribers:

| channel | message |
|---|---|
| \`clowder:log\` | \`{ level, message, fields, name }\` |
| \`clowder:member-added\`, \`clowder:member-disappeared\` | the member |
| \`clowder:key-changed\` | \`{ id, state }\` of a key of the cluster |
| \`clowder:session-created\`, \`-destroyed\`, \`-expired\`, \`-id-changed\`, \`clowder:conflict\` | the event, as for \`cluster.on\` |

## Names from elsewhere

Options of Tomcat and of express-session that have no meaning here are refused with a word on what to use instead, or why there is no need:
\`channelSendOptions\` (use \`manager.acknowledge\`), \`recordAllActions\`, \`sendAllSessions\`, \`stateTimestampDrop\`, \`soTimeout\`, \`maxThreads\`,
\`resave\`, \`store\` and others.
`

/** The whole of docs/configuration.md. */
export function configurationPage(): string {
  const options = optionTexts()
  const isInGroup = ({ path, isGroup }: OptionText) => isGroup || path.includes('.')
  const general = section(
    'General',
    'The cluster as a whole.',
    options.filter(option => !isInGroup(option)),
  )
  const groups = options
    .filter(option => option.isGroup)
    .map(group => section(`\`${group.path}\``, group.description, optionsOf(group, options)))
  return [HEAD, general, ...groups, TAIL].join('\n')
}

function optionsOf(group: OptionText, options: readonly OptionText[]): OptionText[] {
  return options.filter(({ path, isGroup }) => !isGroup && path.slice(0, path.lastIndexOf('.')) === group.path)
}

function section(title: string, about: string, options: readonly OptionText[]): string {
  const rows = options.map(row).join('\n')
  return `## ${title}\n\n${about}\n\n| option | default | allowed | meaning |\n|---|---|---|---|\n${rows}\n`
}

function row({ path, byDefault, allowed, description }: OptionText): string {
  const cells = [`\`${path}\``, defaultText(byDefault), allowed, description]
  return `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`
}

function defaultText(value: unknown): string {
  return value === undefined ? '–' : `\`${typeof value === 'string' ? `'${value}'` : JSON.stringify(value)}\``
}
