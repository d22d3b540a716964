/**
 * Names that people bring along (from Tomcat's server.xml, from express-session) and that mean nothing here: each with what to use, or why there is no need.
 */
const FOREIGN_OPTIONS: Readonly<Record<string, string>> = {
  channelSendOptions: 'use manager.acknowledge',
  channelStartOptions: 'every part is started; membership.multicast: false leaves out the heartbeats',
  clusterName: 'use name',
  heartbeatBackgroundEnabled: 'use channel.heartbeat',
  optionCheck: 'it is always on',
  recordAllActions: 'an attribute is sent as it is at the end of the request, whatever happened to it in between',
  enableStatistics: 'counting is always on; see cluster.inspect()',
  sendAllSessions: 'sessions are always transferred in blocks',
  sendAllSessionsSize: 'blocks are sized by bytes, not by sessions',
  sendAllSessionsWaitTime: 'blocks are paced by what the receiver takes',
  stateTimestampDrop: 'nothing is queued during the transfer, so nothing has to be dropped',
  processExpiresFrequency: 'expiry is looked at all the time, a little at once',
  sessionIdLength: 'session ids have 24 random bytes or more',
  sessionAttributeValueClassNameFilter: 'use manager.sessionAttributeValueTypeFilter',
  warnOnSessionAttributeFilterFailure: 'a filtered attribute stays on this member, without a warning',
  notifySessionListenersOnReplication: 'use manager.notifyListenersOnReplication',
  notifyContainerListenersOnReplication: 'use manager.notifyListenersOnReplication',
  primaryIndicator: 'no session has a primary member',
  soTimeout: 'reading never blocks here',
  requireReauthentication:
    'there is no realm to ask again: singleSignOn trusts its entry; check credentials in the application',
  mapSendOptions: 'use manager.acknowledge',
  mcastPort: 'use membership.port',
  mcastAddress: 'use membership.address',
  mcastDropTime: 'use membership.dropTime',
  mcastFrequency: 'use membership.frequency',
  selectorTimeout: 'there is no selector to wait for',
  maxThreads: 'there is one event loop and no threads',
  minThreads: 'there is one event loop and no threads',
  rxBufSize: 'the system sizes the buffers of sockets',
  txBufSize: 'the system sizes the buffers of sockets',
  tcpNoDelay: 'it is always on: writes are gathered before they reach the socket',
  soKeepAlive: 'members ask each other; see failureDetector',
  securePort: 'there is one port',
  udpPort: 'messages go over TCP',
  waitForAck: 'use manager.acknowledge',
  autoConnect: 'connections are made when they are needed',
  store: 'there is no store: every member holds the sessions',
  resave: 'only what changed is saved',
  genid: 'session ids are made by the manager, so that they cannot repeat',
  unset: 'destroy the session with req.session.destroy()',
  proxy: 'use valve.trustProxy',
  ttl: 'use manager.maxInactiveInterval (seconds), or membership.ttl',
}

export function adviceOn(option: string): string | undefined {
  return Object.hasOwn(FOREIGN_OPTIONS, option) ? FOREIGN_OPTIONS[option] : undefined
}
