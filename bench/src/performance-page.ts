import { FAMILIES } from './families.js'
import type { Goal } from './figures/goal.js'
import { markdownTable } from './figures/markdown.js'
import { machineText } from './machine.js'
import type { Results } from './results.js'

/** What this page says that is no figure. */
const HOW = `# Performance

<!-- Written by \`npm run bench\` from bench/results.json (bench/src/performance-page.ts): change it there. -->

Clowder runs inside your app and takes its CPU time, so what it costs is measured against what others cost in the same run on the same machine: Tomcat's own cluster,
express-session and @fastify/session with the stores that people use, and a bare socket for what the machine allows. All figures, with their spread and the machine they
were taken on, are in [bench/results.md](../bench/results.md), every single round in \`bench/results.json\`.

## How to run it

\`\`\`
npm run bench                      everything: about 50 minutes
npm run bench -- --quick           fewer and shorter rounds: about 6 minutes, with more noise
npm run bench -- state memory      some families
npm run bench -- micro --check     fails when a single operation has become slower than recorded
npm run bench -- --help
\`\`\`

It needs Linux, because it reads CPU time from \`/proc\`. What peers need (Java and Tomcat, Redis, memcached, nginx) is installed from Debian's packages where it runs as root;
where it cannot be, those rows are missing and the report says which. Nothing leaves the machine.

## How to read it

Rates depend on the machine and on what else it does. CPU time per unit of work, of all processes that take part, and ratios of systems measured in turns are what holds
elsewhere. Each figure is the median of its rounds, with the lowest and the highest; each table says how much of the machine others took meanwhile: with more than a few
percent, measure again. A fast wrong answer is no answer: the same run counts answers that were wrong, stale or lost. TLS and the acknowledgement of one other member
(\`backup\`) are on, as by default, unless a row says otherwise.`

const GOALS_TEXT = `## Goals

What we owe, as ratios and figures on two cores. A goal is met when the median meets it.`

const LIMITS = `## Where a limit is

- **A changed session (P5, P19).** Nearly all that it adds is spent on the node that answers, whether it replicates or not: \`backup\` and _not distributable_ cost about the same there, and the other
  member pays 10 to 20 µs. Of the 46 µs that it adds to node:http there (one run, 64 clients; a profile by stacks), about a third is not ours: a server that takes longer finds its clients asleep, and every answer
  wakes one: the same \`writev\` and the same reading of the socket take twice as long, and with clients kept awake it adds 33. A cookie of that size, set by hand, adds 3. The rest is spread thin:
  finding the session 5, the commit 9 (comparing and encoding 2, into the table and its digest 5), the cookie's token and signature 6 (HMAC 3), the held answer and \`req.session\` 3. No function alone
  takes 2. Answers that leave together are cheaper, because their code is still in the caches: that is why \`backup\`, which lets them go as acknowledgements come, can cost less than no replication.
- **Express.** It gives every request and response another prototype, and up to Node 22 V8 then makes a hidden class of its own for each property that is added to one of them, so that no inline
  cache knows the next request: 108 slow lookups for a request without a session, by V8's own log, 137 with Clowder's in former versions. The middleware now makes dictionaries of the two (a property taken
  away and put back at once), which share one class; 12 remain, all of them before it. What a changed session adds fell from 151 to 27 µs (not distributable, one run, A/B), and a request that only reads
  costs about as much as one without a session. P8 compares with that cheaper system, so that its share has not become better. Node 24 has mended it by itself.
- **\`async\` costs more CPU than \`backup\`**: answers that do not wait leave one by one, so that neither sockets nor members get several at once; and under round robin the next request often comes
  to a node that has to ask for what it lacks.
- **A lone request (P9, P3, P15)** has a message, an acknowledgement and two wake-ups of its own; under TLS both are records of their own too (22 bytes each, beside the frames). With others
  in flight they share them.
- **An idle member** costs what its wakings cost: some 0.4 ms each, of code that is cold and mostly interpreted, whatever is done in them. So periodic work is done at the multiples of its period on the
  wall clock, in one waking for all of it (and for the heartbeats of all members whose clocks agree); only who is late with its heartbeat is asked; and tables that were equal are compared anew when something has
  changed, or after ten seconds: four members on one machine are woken 8 times a second each, 35 in former versions. What remains is heartbeats, and the look whether they came (docs/design/0005). In its first minute V8 throws away once, for 45 ms, what starting has left behind. The figures above are of that minute; after it four members cost 0.39 % each in plain TCP and 0.51 % under TLS, and there the benchmark looks
  now. Under TLS a heartbeat costs 0.15 ms more where the code that seals or opens it has not run for half a second, and 0.02 when it has just run: it is not the cipher. The look cannot be put off by each heartbeat that
  comes, as a watchdog would be: Node.js wakes for a timer that was cancelled all the same.
- **An idle replica** is two objects, its id and the session's bytes: about 105 bytes of fields (when it was used, its hash in the digest, where its bytes lie), 48 of id, 37 of the table
  that finds it, and 77 that its state has beside text and name: who wrote what, when, and when the session began. Less
  the id and the name, which are payload, that is between 225 and 260 bytes: the table doubles when it is full. The process takes more from the system than it holds, as every
  heap does.
- **Looking through all copies** for what has expired, packing what is idle, comparing tables, telling who comes back what has been used, handing copies over and forgetting ends are done in slices of one millisecond. What remains of the event loop's delay beside many sessions is
  garbage collection: the collector walks over all ids and copies, and over no session's content.
- **A member that joins** takes what it gets in chunks; the giver reads its copies where they lie, and looks for nothing in what the joiner has nothing of. Its event loop is held up by writing those chunks, TLS included.
- **A member that leaves** where \`copies\` are fewer than members looks through its copies in one go to find who is to have them: about 0.4 s for 300,000.
- **The first question for a user's sessions** (\`sessions.of\`) reads one property of each copy in one go: about 0.6 s for 100,000. Those that follow cost nothing of the kind. Where that
  matters, ask once before the first request.
- **A killed process** is noticed by its closed connections; one that stands still by its silence, twice checked, because a process that was merely slow must not be thrown out.`

/** docs/performance.md. `pictures`: the families that have one. */
export function performancePage(results: Results, pictures: readonly string[]): string {
  const figures = FAMILIES.filter(({ name }) => pictures.includes(name)).map(({ name, about }) => {
    const { date, machine, isQuick } = results[name]!.taken
    return [
      `### ${name}: ${about}`,
      '',
      `![${name}](../bench/plots/${name}.svg)`,
      '',
      `Taken ${date}${isQuick ? ' with --quick (expect noise)' : ''}. ${machineText(machine)}.`,
    ].join('\n')
  })
  return `${[HOW, GOALS_TEXT, goalsTable(goalsOf(results)), LIMITS, '## Pictures', ...figures].join('\n\n')}\n`
}

function goalsOf(results: Results): readonly Goal[] {
  const goals = FAMILIES.flatMap(family => {
    const one = results[family.name]
    return one ? (family.goals?.(one.results) ?? []) : []
  })
  return [...goals].sort((a, b) => numberOf(a) - numberOf(b))
}

function numberOf({ id }: Goal): number {
  return Number(id.slice(1))
}

function goalsTable(goals: readonly Goal[]): string {
  return markdownTable(
    ['', 'work', 'measured', 'goal', 'met', 'peers in the same run'],
    goals.map(({ id, what, measured, goal, isMet, peers }) => [
      id,
      what,
      measured,
      goal,
      isMet === undefined ? 'not measured' : isMet ? 'yes' : '**no**',
      peers,
    ]),
  )
}
