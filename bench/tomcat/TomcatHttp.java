import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpSession;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Locale;
import java.util.logging.Level;
import java.util.logging.Logger;

import org.apache.catalina.Context;
import org.apache.catalina.Engine;
import org.apache.catalina.connector.Connector;
import org.apache.catalina.ha.session.ClusterSessionListener;
import org.apache.catalina.ha.session.DeltaManager;
import org.apache.catalina.ha.session.JvmRouteBinderValve;
import org.apache.catalina.ha.tcp.ReplicationValve;
import org.apache.catalina.ha.tcp.SimpleTcpCluster;
import org.apache.catalina.startup.Tomcat;
import org.apache.catalina.tribes.group.GroupChannel;

/**
 * One Tomcat that answers the benchmark's requests: `TomcatHttp local` with the sessions of one JVM, `TomcatHttp OPTION MULTICAST_PORT TCP_PORT` in a
 * cluster set up attribute by attribute as in the cluster-howto, with that number as channelSendOptions (8 is its default, 6 waits until all have applied).
 * No jvmRoute, because requests of one session come to every node and each change of node would change the session's id. Says its HTTP port and how long
 * it took to start, then answers `members`, `sessions` and `doubts` in one line of JSON each, and ends with its input.
 */
public class TomcatHttp {
    private static final String LOOPBACK = "127.0.0.1";

    private final Tomcat tomcat = new Tomcat();
    private final GroupChannel channel = new GroupChannel();
    private final boolean isClustered;
    private Context context;

    public static void main(String[] args) throws Exception {
        Logger.getLogger("org.apache").setLevel(Level.SEVERE);
        new TomcatHttp(args).run();
    }

    TomcatHttp(String[] args) throws IOException {
        isClustered = !args[0].equals("local");
        tomcat.setBaseDir(Files.createTempDirectory("clowder-bench-tomcat").toString());
        tomcat.setConnector(newConnector());
        if (isClustered) {
            tomcat.getEngine().setCluster(newCluster(Integer.parseInt(args[0]), Integer.parseInt(args[1]), Integer.parseInt(args[2])));
        }
        context = tomcat.addContext("", null);
        context.setDistributable(isClustered);
        Tomcat.addServlet(context, "work", new WorkServlet());
        context.addServletMappingDecoded("/*", "work");
    }

    /** Connections stay: after its default of 100 requests each, reconnecting would be measured too. */
    private static Connector newConnector() {
        Connector connector = new Connector("HTTP/1.1");
        connector.setPort(0);
        connector.setProperty("address", LOOPBACK);
        connector.setProperty("maxKeepAliveRequests", "-1");
        return connector;
    }

    private SimpleTcpCluster newCluster(int sendOptions, int multicastPort, int tcpPort) {
        SimpleTcpCluster cluster = new SimpleTcpCluster();
        cluster.setChannelSendOptions(sendOptions);
        DeltaManager manager = new DeltaManager();
        manager.setExpireSessionsOnShutdown(false);
        manager.setNotifyListenersOnReplication(true);
        cluster.setManagerTemplate(manager);
        cluster.setChannel(HowToChannel.setUp(channel, tcpPort, multicastPort));
        ReplicationValve replication = new ReplicationValve();
        replication.setFilter("");
        cluster.addValve(replication);
        cluster.addValve(new JvmRouteBinderValve());
        cluster.addClusterListener(new ClusterSessionListener());
        return cluster;
    }

    private void run() throws Exception {
        long startedAtNs = System.nanoTime();
        tomcat.start();
        double startMs = (System.nanoTime() - startedAtNs) / 1e6;
        System.out.println(String.format(Locale.ROOT, "{\"port\":%d,\"clusterPort\":%d,\"startMs\":%.1f,\"sessions\":%d}", tomcat.getConnector().getLocalPort(),
                isClustered ? channel.getLocalMember(false).getPort() : 0, startMs, sessions()));
        BufferedReader commands = new BufferedReader(new InputStreamReader(System.in));
        for (String line = commands.readLine(); line != null; line = commands.readLine()) {
            System.out.println(answer(line.trim()));
        }
        Runtime.getRuntime().halt(0);
    }

    private String answer(String command) {
        switch (command) {
            case "members":
                return "{\"members\":" + (isClustered ? channel.getMembers().length : 0) + "}";
            case "sessions":
                return "{\"sessions\":" + sessions() + "}";
            default:
                return "{\"degraded\":0,\"stale\":0}";
        }
    }

    private int sessions() {
        return context.getManager().getActiveSessions();
    }

    /** The same work as bench/src/http/app-work.ts. */
    private static class WorkServlet extends HttpServlet {
        private static final int ATTRIBUTE_BYTES = 200;
        private static final int NEW_SESSION_BYTES = 1024;

        @Override
        protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
            byte[] body = ("{\"counter\":" + work(request) + "}").getBytes(StandardCharsets.UTF_8);
            response.setContentType("application/json");
            response.setContentLength(body.length);
            response.getOutputStream().write(body);
        }

        private static int work(HttpServletRequest request) {
            switch (request.getRequestURI()) {
                case "/never":
                    return counterOf(padded("1", ATTRIBUTE_BYTES));
                case "/new":
                    request.getSession().setAttribute("attribute", padded("1", NEW_SESSION_BYTES));
                    return 1;
                case "/write":
                    HttpSession session = request.getSession();
                    int counter = counterOf((String) session.getAttribute("attribute")) + 1;
                    session.setAttribute("attribute", padded(Integer.toString(counter), ATTRIBUTE_BYTES));
                    return counter;
                default:
                    return counterOf((String) request.getSession().getAttribute("attribute"));
            }
        }

        private static int counterOf(String attribute) {
            if (attribute == null) {
                return 0;
            }
            int end = attribute.indexOf('x');
            return Integer.parseInt(attribute, 0, end < 0 ? attribute.length() : end, 10);
        }

        private static String padded(String text, int length) {
            return text + "x".repeat(length - text.length());
        }
    }
}
