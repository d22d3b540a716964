/** How each peer is set up, and why so. */
export const PEERS_TEXT = `### How the peers are set up

- **Clowder**: its defaults, and a secret, so that members speak TLS 1.3 and cookies are signed. No log.
- **express-session**: \`resave: false, saveUninitialized: false\`, as its manual recommends for stores that can touch. connect-redis with one client of \`redis\`; connect-memcached with its own client, because the
  other store for memcached in express-session’s list has no \`touch\`. Redis without persistence, memcached with its defaults: both forget what a restart forgets.
- **@fastify/session**: \`cookie.secure: false\`, because the requests come without TLS; \`saveUninitialized: false, rolling: false\`, which saves nothing that has not changed and costs less than its own defaults.
- **Tomcat**: embedded, one JVM per node with Java’s defaults; cluster, DeltaManager, channel, interceptors, valves and listener attribute by attribute as in its cluster-howto, with \`channelSendOptions\` 8 (its default) or 6.
  No \`jvmRoute\`, which would change the session’s id at each change of node. \`maxKeepAliveRequests="-1"\`: otherwise it closes each connection after 100 requests.
- **nginx**: a worker per core, \`keepalive 64\` to the nodes with HTTP/1.1, turns shared by the workers (\`zone\`), no access log.
- **a Map**: node:http with a cookie and a Map by hand, neither signed nor ever forgotten: less than any session layer can be.`
