import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;

import org.apache.catalina.Context;
import org.apache.catalina.ha.ClusterMessage;
import org.apache.catalina.ha.session.DeltaManager;
import org.apache.catalina.ha.session.DeltaSession;
import org.apache.catalina.ha.tcp.SimpleTcpCluster;
import org.apache.catalina.startup.Tomcat;
import org.apache.catalina.tribes.group.GroupChannel;

/**
 * One JVM with Tomcat, its SimpleTcpCluster and a DeltaManager, set up as in the cluster-howto, without a connector. Run as `TomcatMember TCP_PORT MULTICAST_PORT`. Says
 * what its start took, in ms, the state transfer included; then takes commands as lines on standard input and answers each with one line of JSON.
 *
 *   fill COUNT BYTES FIRST    new sessions of one attribute each, sent with option 6 so that no queue overflows
 *   sessions                  how many are here
 *   memory                    bytes of the heap in use after System.gc()
 */
public class TomcatMember {
    private static final int THREADS = 8;
    private static final int SYNCHRONIZED_ACK = 6;
    private static final int COLLECTIONS = 3;

    private final SimpleTcpCluster cluster = new SimpleTcpCluster();
    private final Context context;
    private final Tomcat tomcat = new Tomcat();

    public static void main(String[] args) throws Exception {
        new TomcatMember(Integer.parseInt(args[0]), Integer.parseInt(args[1])).run();
    }

    TomcatMember(int tcpPort, int multicastPort) throws Exception {
        cluster.setChannel(HowToChannel.setUp(new GroupChannel(), tcpPort, multicastPort));
        DeltaManager template = new DeltaManager();
        template.setExpireSessionsOnShutdown(false);
        template.setNotifyListenersOnReplication(true);
        cluster.setManagerTemplate(template);
        String folder = Files.createTempDirectory("tomcat-member").toString();
        tomcat.setBaseDir(folder);
        tomcat.getEngine().setCluster(cluster);
        context = tomcat.addContext("", folder);
        context.setDistributable(true);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> new java.io.File(folder).delete()));
    }

    private void run() throws Exception {
        long beforeNs = System.nanoTime();
        tomcat.start();
        double readyMs = (System.nanoTime() - beforeNs) / 1e6;
        System.out.println(String.format(Locale.ROOT, "{\"readyMs\":%.1f,\"sessions\":%d}", readyMs, sessions()));
        cluster.setChannelSendOptions(SYNCHRONIZED_ACK);
        BufferedReader commands = new BufferedReader(new InputStreamReader(System.in));
        for (String line = commands.readLine(); line != null; line = commands.readLine()) {
            System.out.println(answer(line.trim().split(" ")));
        }
        Runtime.getRuntime().halt(0);
    }

    private String answer(String[] words) throws Exception {
        switch (words[0]) {
            case "fill":
                fill(Integer.parseInt(words[1]), Integer.parseInt(words[2]), Integer.parseInt(words[3]));
                return "{\"sessions\":" + sessions() + "}";
            case "sessions":
                return "{\"sessions\":" + sessions() + "}";
            case "members":
                return "{\"members\":" + cluster.getMembers().length + "}";
            case "memory":
                return "{\"held\":" + heapInUse() + "}";
            default:
                return "{\"error\":\"unknown command\"}";
        }
    }

    private int sessions() {
        return context.getManager().getActiveSessions();
    }

    private void fill(int count, int bytes, int first) throws InterruptedException {
        AtomicInteger next = new AtomicInteger(first);
        Thread[] threads = new Thread[THREADS];
        for (int n = 0; n < THREADS; n++) {
            threads[n] = new Thread(() -> {
                for (int i = next.getAndIncrement(); i < first + count; i = next.getAndIncrement()) {
                    create(i, bytes);
                }
            });
            threads[n].start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
    }

    /** As a request and the ReplicationValve behind it do. */
    private void create(int number, int bytes) {
        DeltaManager manager = (DeltaManager) context.getManager();
        DeltaSession session = (DeltaSession) manager.createSession(padded("session-" + number + "-", 32));
        session.setAttribute("value", padded(Integer.toString(number), bytes));
        ClusterMessage message = manager.requestCompleted(session.getIdInternal());
        if (message != null) {
            cluster.send(message);
        }
    }

    private static String padded(String text, int length) {
        return text + "x".repeat(length - text.length());
    }

    private static long heapInUse() throws InterruptedException {
        for (int n = 0; n < COLLECTIONS; n++) {
            System.gc();
            Thread.sleep(200);
        }
        Runtime runtime = Runtime.getRuntime();
        return runtime.totalMemory() - runtime.freeMemory();
    }
}
