import type { Mutant } from './mutant.js'

const HEARING = 'ha/lock/lock-hearing.js'
const HOME = 'ha/lock/lock-home.js'
const LOCK = 'ha/lock/session-lock.js'
const LOCKS = 'ha/lock/session-locks.js'
const TABLE = 'ha/lock/lock-table.js'
const EXCHANGE = 'http/lock/exchange-lock.js'

/** One edit, expected to be seen in the profile in which pages lock. */
function planted(name: string, breaks: string, edit: Mutant['edits'][number], expected = ['I10', 'I6']): Mutant {
  return { name, breaks, expected, profile: 'locks', edits: [edit] }
}

/** Bugs in session locks: see docs/design/0007. */
export const lockMutants: readonly Mutant[] = [
  planted('lock-for-two', 'A lock is given to the next who asks, whether somebody holds it or not.', {
    file: TABLE,
    line: 'if (!lock || nowMs < endOf(lock))',
    becomes: 'if (!lock)',
  }),
  planted(
    'displaced-holder-forgotten',
    'Who was given a lock by a home that had not met the other one yet counts for nothing when they meet.',
    {
      file: TABLE,
      line: 'return Math.max(holder?.endsMs ?? 0, displaced?.endsMs ?? 0)',
      becomes: 'return holder?.endsMs ?? 0',
    },
  ),
  planted('lease-ends-sooner-at-home', 'The home counts leases shorter than their holders do.', {
    file: TABLE,
    line: 'return leaseMs * (1 + LONGER)',
    becomes: 'return leaseMs * (1 - 0.3)',
  }),
  planted('lease-never-ends', 'The lease of a lock never ends for its holder.', {
    file: LOCK,
    line: "return this.#state === 'held' && this.#components.clock.now() < this.#endsMs",
    becomes: "return this.#state === 'held'",
  }),
  planted('lost-lock-commits', 'A commit does not look whether its lock is lost.', {
    file: 'ha/session/delta-session.js',
    line: 'if (!this.lock || this.lock.isHeld)',
    becomes: 'if (true)',
  }),
  planted('holder-leaves-no-word', 'A holder does not say what it has written.', {
    file: LOCK,
    line: 'if (counter > 0)',
    becomes: 'if (false)',
  }),
  planted('word-of-holder-forgotten', 'The home does not pass on what the last holder has written.', {
    file: TABLE,
    line: 'Object.assign(lock, { holder: undefined, fence, left, isCertain })',
    becomes: 'Object.assign(lock, { holder: undefined, fence, isCertain })',
  }),
  planted('lock-without-reading', 'Who is given the lock does not ask for what the last holder has written.', {
    file: EXCHANGE,
    line: "const loaded = kind === 'behind' || kind === 'unknown' ? await manager.loadSession(id, seen) : undefined",
    becomes: 'const loaded = undefined',
  }),
  planted('lock-without-looking', 'Who is given the lock goes on with the session as it was before.', {
    file: EXCHANGE,
    line: 'delta.lookAgain()',
    becomes: 'void 0',
  }),
  planted(
    'nobody-asked-after-loss',
    'Who is given the lock after somebody who cannot tell what he wrote asks nobody.',
    {
      file: LOCKS,
      line: 'if (lock?.isCertain === false)',
      becomes: 'if (false)',
    },
  ),
  planted(
    'lock-not-given-back',
    'A lock is kept until its lease ends.',
    {
      file: LOCKS,
      line: 'if (this.#held.delete(lock.number))',
      becomes: 'if (false)',
    },
    ['I9'],
  ),
  planted('late-release-counts', 'A lock is free when somebody gives it back who has overrun his lease.', {
    file: TABLE,
    line: 'if (fence < lock.fence || fence === 0)',
    becomes: 'if (false)',
  }),
  planted('clocks-not-followed', 'Nobody follows the stamps of others.', {
    file: 'ha/state/hybrid-clock.js',
    line: 'if (stamp <= this.#last)',
    becomes: 'if (true)',
  }),
  planted('home-asks-nobody', 'A new home gives locks without asking who holds any.', {
    file: HEARING,
    line: 'if (this.#unheard().length > 0 && this.#components.clock.now() < endMs) {',
    becomes: 'if (false) {',
  }),
  planted('home-waits-for-nobody', 'A new home gives at once what a lost home may have given a moment before.', {
    file: HEARING,
    line: 'return Math.max(0, silentEndMs, Math.max(this.#namelessLostAtMs, ...lostAtMs) + this.#leaseAtHomeMs)',
    becomes: 'return 0',
  }),
  planted('holders-not-named', 'Who is asked which locks are held does not name his own.', {
    file: HOME,
    line: 'const locks = [...heldFrom(source), ...known]',
    becomes: 'const locks = [...known]',
  }),
  planted('home-sleeps', 'A home that has stood still gives locks as if it had not.', {
    file: HEARING,
    line: 'if (!this.#stalls.ran())',
    becomes: 'if (true)',
  }),
  planted('lock-for-the-dead', 'A lock is given to somebody who has gone.', {
    file: TABLE,
    line: 'if (next.deadlineMs > nowMs && terms.isPresent(next.owner))',
    becomes: 'if (next.deadlineMs > nowMs)',
  }),
  // Of locks that no page asks for.
  planted(
    'lock-never-taken-late',
    'A request that writes, and was not expected to, takes no lock.',
    {
      file: EXCHANGE,
      line: 'if (!this.#context.locks.learns || this.#isOpen || this.#isReadOnly || this.#lock)',
      becomes: 'if (true)',
    },
    ['I6'],
  ),
  planted(
    'overtaken-goes-on',
    'A request that takes its lock late does not look whether another one has written what it had read.',
    {
      file: EXCHANGE,
      line: 'const overtaken = delta.isValid ? delta.overtaken() : []',
      becomes: 'const overtaken = []',
    },
    ['I6'],
  ),
  planted(
    'found-nothing-goes-on',
    'Who had found nothing under a name is not overtaken by somebody who has written it.',
    {
      file: 'ha/session/request-view.js',
      line: 'return base && entry ? !sameDot(base, entry) : base !== entry',
      becomes: 'return base && entry ? !sameDot(base, entry) : false',
    },
    ['I6'],
  ),
  planted(
    'late-lock-without-reading',
    'Who takes the lock late does not ask for what the last holder has written.',
    {
      file: EXCHANGE,
      after: 'return this.#without(delta, new SessionLockTimeoutError(locks.options.timeout))',
      line: 'const behind = await this.#catchUp(delta)',
      becomes: 'const behind = undefined',
    },
    ['I6'],
  ),
  planted(
    'early-lock-without-reading',
    'A request that has its lock before it begins does not ask for what the last holder has written.',
    {
      file: EXCHANGE,
      line: 'const token = cookie.token && seen ? withUncovered(cookie.token, seen, []) : (cookie.token ?? seen)',
      becomes: 'const token = cookie.token',
    },
    ['I6'],
  ),
  planted(
    'lock-kept-after-the-answer',
    'A lock that was taken for a request is not given back with its answer.',
    { file: EXCHANGE, line: 'headersStarted() {', becomes: 'headersStarted() { return' },
    ['I9'],
  ),
  planted(
    'old-look-under-the-lock',
    'What a page had looked at before it had the lock is not looked at anew.',
    {
      file: 'ha/session/request-view.js',
      line: 'if (!attribute.written && !this.#isChanged(name, attribute))',
      becomes: 'if (false)',
    },
    ['I6'],
  ),
  planted('refused-answer-goes-out', 'A request that could not have its lock is answered as if it had.', {
    file: 'http/valve/session-exchange.js',
    line: 'return void this.#interceptResponse()?.replace(unlockedAnswer)',
    becomes: 'void 0',
  }),
  planted(
    'answer-waits-without-end',
    'An answer that has waited for its lock is sent without its session being committed.',
    {
      file: 'http/response/held-response.js',
      line: 'if (this.#isDeferred)',
      becomes: 'if (false)',
    },
  ),
]
