import { aFunction, count, oneOf, optionalGroup, text } from './option.js'

/** Whose session is whose. */
export const userOptions = optionalGroup(
  {
    attribute: text(
      256,
      'The session attribute that says who is logged in: `passport` with passport. Without it: `req.session.setUser(id)` says so.',
    ),
    id: aFunction<(value: unknown) => unknown>(
      "The user's id in that attribute's value; undefined or null where nobody is logged in. Without it: the value itself, or, of an object, its `user` or its `id`.",
    ),
    limit: count(-1, { min: 1, or: -1 }, 'Sessions that one user may have at a time; -1: no limit.'),
    whenOver: oneOf(
      ['endOldest', 'refuse'],
      'endOldest',
      "What a login beyond the limit does: 'endOldest' ends the session with the oldest login, 'refuse' refuses the new one.",
    ),
  },
  'Keeps account of whose session is whose, for `cluster.sessions.of` and `endAll`. The same on all members. Without it nothing is kept. Sessions of further `applications` have no users.',
)
