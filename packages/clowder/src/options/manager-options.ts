import { mergeOptions } from './merge-options.js'
import { bytes, count, flag, group, milliseconds, oneOf, pattern, seconds } from './option.js'
import { schemaOptions } from './schema-options.js'

/** Sessions: how long they live, how many, how safely a change is kept. */
export const managerOptions = group(
  {
    maxInactiveInterval: seconds(
      1800,
      { min: 1, or: -1 },
      'Seconds without a request after which a session expires; -1: never.',
    ),
    copies: count(
      -1,
      { min: 1, or: -1 },
      'How many members hold each session; -1: all of them. A member that does not hold a session asks one that does (Tomcat: BackupManager). The end of a session is final for the `retention` then: an older cookie may begin it anew, empty and flagged, while a member is out of reach.',
    ),
    maxActiveSessions: count(
      -1,
      { or: -1 },
      'Sessions created here that may be alive at a time; -1: no limit. Copies of other members’ sessions do not count.',
    ),
    retention: seconds(
      3600,
      { min: 1, max: 31_536_000 },
      'Seconds for which the end of a session and the removal of an attribute are remembered one by one; at least twice maxInactiveInterval. What comes back later is recognized all the same.',
    ),
    maxDeathCertificates: count(
      1_000_000,
      { min: 0, max: 100_000_000 },
      'Ended sessions that are remembered one by one; beyond it the oldest are forgotten before their time.',
    ),
    expireSessionsOnShutdown: flag(
      false,
      'True: `stop` ends all sessions that this node holds, on all members; with fewer `copies` than members it does not hold all.',
    ),
    notifyListenersOnReplication: flag(
      true,
      'Whether those who listen to attributes also hear, with `local: false`, what other members’ applications did.',
    ),
    notifySessionListenersOnReplication: flag(
      true,
      'The same for those who listen to the beginning, the end and the id of sessions.',
    ),
    stateTransferTimeout: seconds(
      60,
      { max: 86_400, or: -1 },
      'Seconds that `createCluster` waits for the sessions of the others; 0: not at all, -1: as long as it takes. Requests may come before: a missing session is asked for.',
    ),
    sessionAttributeNameFilter: pattern(
      'Only attributes whose name matches are replicated; others stay on this member.',
    ),
    sessionAttributeValueTypeFilter: pattern(
      'Only attributes whose type matches are replicated: string, number, boolean, bigint, undefined, null, or the constructor of an object (Object, Array, Date, Map).',
    ),
    warnOnSessionAttributeFilterFailure: flag(
      false,
      'Whether an attribute that one of these two keeps here is warned of in the log, once for each name.',
    ),
    merges: mergeOptions,
    schemas: schemaOptions,
    acknowledge: oneOf(
      ['async', 'backup', 'all'],
      'backup',
      "What must hold a change before the response leaves: 'async' nobody else (Tomcat's default), 'backup' one other member, 'all' every member.",
    ),
    acknowledgeTimeout: milliseconds(
      50,
      { min: 0, max: 60_000 },
      'Milliseconds after which the response leaves all the same, and is counted as degraded.',
    ),
    pullTimeout: milliseconds(
      50,
      { min: 0, max: 60_000 },
      'Milliseconds that a request waits for a session that this member lacks, or has an older copy of.',
    ),
    maxSessionBytes: bytes(
      262_144,
      { min: 1024, max: 16_777_216 },
      'Bytes of all attributes of a session, encoded. An attribute beyond it is refused.',
    ),
    maxAttributeBytes: bytes(
      -1,
      { min: 64, max: 16_777_216, or: -1 },
      'Bytes of one attribute, encoded; -1: as many as the session may have. A larger one is refused.',
    ),
    warnSessionBytes: bytes(
      -1,
      { min: 64, max: 16_777_216, or: -1 },
      'Bytes of a session beyond which a warning is logged, once each time it grows past them; -1: never. `cluster.sessions.largest()` lists the largest.',
    ),
    maxAttributes: count(1000, { min: 1, max: 65_535 }, 'Attributes of a session.'),
  },
  'Sessions: how long they live, how many, how safely a change is kept (Tomcat: Manager, DeltaManager).',
)
