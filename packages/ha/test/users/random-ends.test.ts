import t from 'tap'
import { Dice } from '../support/dice.js'
import { startUsers, type UserNode } from '../support/user-cluster.js'

const SEEDS = 10
const STEPS = 60
const USERS = ['ada', 'eve']

interface Known {
  readonly user: string
  /** Under all its ids. */
  readonly ids: string[]
  readonly atMs: number
}

/** Logins, changes of id, ends of all and of all but one, on nodes that are cut off, killed and replaced meanwhile. */
async function story(seed: number, copies: number) {
  const dice = new Dice(seed)
  const run = await startUsers(['a', 'b', 'c'], { manager: { copies } })
  const { cluster, nodes, advance } = run
  const logins: Known[] = []
  const ends: { readonly user: string; readonly atMs: number; readonly but: string | undefined }[] = []
  const up = () => nodes.filter(node => node.channel.isUp)
  const idOnNode = (node: UserNode) =>
    logins.flatMap(login => login.ids.slice(-1)).filter(id => node.standing(id) === 'here')

  const steps: (() => unknown)[] = [
    () => void logIn(),
    () => void logIn(),
    () => void logIn(),
    () => void rename(),
    () => void end(false),
    () => void end(true),
    () => cut(),
    () => cluster.heal(),
    () => replace(),
  ]
  for (let n = 0; n < STEPS; n++) {
    await dice.pick(steps)()
    // Nothing happens in the same millisecond: which comes first would be nobody's to say.
    await advance(dice.between(2, 4_000))
  }
  cluster.heal()
  await advance(20_000)
  return { ...run, logins, ends, alive: up() }

  function logIn() {
    const user = dice.pick(USERS)
    logins.push({ user, ids: [dice.pick(up()).logIn(user)], atMs: cluster.time.nowMs })
  }

  function rename() {
    const node = dice.pick(up())
    const ids = idOnNode(node)
    if (ids.length === 0) return
    const id = dice.pick(ids)
    const session = node.open(id)
    const renamed = session.changeSessionId()
    node.manager.requestCompleted(session)
    logins.find(login => login.ids.includes(id))!.ids.push(renamed)
  }

  function end(butOne: boolean) {
    const node = dice.pick(up())
    const user = dice.pick(USERS)
    const own = idOnNode(node).filter(id => logins.some(login => login.user === user && login.ids.includes(id)))
    const but = butOne && own.length > 0 ? dice.pick(own) : undefined
    ends.push({ user, atMs: cluster.time.nowMs, but })
    void node.users.endAll(user, but)
  }

  function cut() {
    const [node, other] = [dice.pick(up()), dice.pick(up())]
    if (node !== other) cluster.cut(node.channel, other.channel)
  }

  async function replace() {
    if (up().length < 3) return
    dice.pick(up()).kill()
    await run.add(`n${nodes.length}`)
  }
}

for (const copies of [Number.POSITIVE_INFINITY, 2])
  t.test(
    `whoever logged in before the end of all is out when all are in reach again, with ${copies} copies`,
    async t => {
      const reached = { ended: 0, kept: 0, lost: 0 }
      for (let seed = 1; seed <= SEEDS; seed++) {
        const { logins, ends, alive, until } = await story(seed, copies)
        for (const { user, ids, atMs } of logins) {
          const standings = await Promise.all(
            alive.flatMap(node =>
              ids.map(async id => ((await until(node.load(id))).kind === 'here' ? 'here' : 'gone')),
            ),
          )
          const later = ends.filter(end => end.user === user && end.atMs > atMs)
          const isEnded = later.some(({ but }) => but === undefined || !ids.includes(but))
          if (isEnded) {
            reached.ended++
            if (standings.includes('here')) t.fail(`seed ${seed}: ${user} of ${atMs} ms is in after an end of all`)
          } else if (standings.includes('here')) reached.kept++
          else reached.lost++
        }
        if (copies === Number.POSITIVE_INFINITY)
          t.equal(new Set(alive.map(node => node.manager.digest())).size, 1, `seed ${seed}: all hold the same`)
        for (const user of USERS) {
          const lists = await Promise.all(
            alive.map(async node => (await until(node.users.of(user))).map(({ id }) => id)),
          )
          t.equal(new Set(lists.map(String)).size, 1, `seed ${seed}: all list the same`)
        }
      }
      t.ok(reached.ended > 50 && reached.kept > 20, `every outcome is met: ${JSON.stringify(reached)}`)
      t.ok(reached.lost < reached.kept / 2, 'and most that were not ended are in')
      t.comment(JSON.stringify(reached))
    },
  )
