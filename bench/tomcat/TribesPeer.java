import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

import org.apache.catalina.tribes.ByteMessage;
import org.apache.catalina.tribes.Channel;
import org.apache.catalina.tribes.ChannelException;
import org.apache.catalina.tribes.ChannelListener;
import org.apache.catalina.tribes.Member;
import org.apache.catalina.tribes.MembershipListener;
import org.apache.catalina.tribes.group.GroupChannel;

/**
 * One of some JVMs that run Tomcat's own group channel, set up as in the cluster-howto. Commands come as lines on standard input, answers leave as
 * one line of JSON each; bench/src/tribes/clowder-peer.ts speaks the same. Bodies are ByteMessages, so that Java serialization costs nothing here.
 *
 *   send OPTION LANES COUNT BYTES PER_SECOND    each lane is a thread that sends its share, one after the other; evenly where PER_SECOND is not 0
 *   await COUNT                      waits until so many messages have arrived since the last question
 *   figures                          what was measured since the last question, here as sender and as receiver; asked after CPU time was read
 *
 * A body begins with lane (int), sequence in the lane (int) and System.nanoTime() (long), which two processes of one Linux host share.
 */
public class TribesPeer implements ChannelListener, MembershipListener {
    private static final int MAX_MESSAGES = 4_000_000;

    private final GroupChannel channel = new GroupChannel();
    private final CountDownLatch peersSeen;

    private final long[] oneWayNs = new long[MAX_MESSAGES];
    private final int[] lastOfLane = new int[1024];
    private long[] roundTripNs = new long[0];
    private int received;
    private int outOfOrder;
    private long lastAtNs;

    public static void main(String[] args) throws Exception {
        new TribesPeer(Integer.parseInt(args[0]), Integer.parseInt(args[1]), Integer.parseInt(args[2])).run();
    }

    TribesPeer(int tcpPort, int multicastPort, int others) {
        peersSeen = new CountDownLatch(others);
        HowToChannel.setUp(channel, tcpPort, multicastPort);
        channel.addChannelListener(this);
        channel.addMembershipListener(this);
    }

    private void run() throws Exception {
        Arrays.fill(lastOfLane, -1);
        channel.start(Channel.DEFAULT);
        peersSeen.await();
        System.out.println("{\"ready\":true}");
        BufferedReader commands = new BufferedReader(new InputStreamReader(System.in));
        for (String line = commands.readLine(); line != null; line = commands.readLine()) {
            System.out.println(answer(line.trim().split(" ")));
        }
        System.exit(0);
    }

    private String answer(String[] words) throws Exception {
        switch (words[0]) {
            case "send":
                return send(Integer.parseInt(words[1]), Integer.parseInt(words[2]), Integer.parseInt(words[3]), Integer.parseInt(words[4]),
                        Integer.parseInt(words[5]));
            case "await":
                return await(Integer.parseInt(words[1]));
            case "figures":
                return figures();
            default:
                return "{\"error\":\"unknown command\"}";
        }
    }

    private String send(int option, int lanes, int count, int bytes, int perSecond) throws InterruptedException {
        int share = count / lanes;
        roundTripNs = new long[share * lanes];
        AtomicInteger failures = new AtomicInteger();
        Thread[] threads = new Thread[lanes];
        for (int lane = 0; lane < lanes; lane++) {
            int number = lane;
            threads[lane] = new Thread(() -> sendShare(option, number, share, bytes, perSecond, failures));
        }
        long startedAtNs = System.nanoTime();
        for (Thread thread : threads) {
            thread.start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        long finishedAtNs = System.nanoTime();
        return String.format(Locale.ROOT, "{\"startedAtUs\":%.1f,\"finishedAtUs\":%.1f,\"sent\":%d,\"failures\":%d}", startedAtNs / 1000.0, finishedAtNs / 1000.0,
                roundTripNs.length, failures.get());
    }

    private void sendShare(int option, int lane, int share, int bytes, int perSecond, AtomicInteger failures) {
        Member[] destination = channel.getMembers();
        long startedAtNs = System.nanoTime();
        for (int i = 0; i < share; i++) {
            if (perSecond > 0) {
                LockSupport.parkNanos(startedAtNs + i * 1_000_000_000L / perSecond - System.nanoTime());
            }
            long beforeNs = System.nanoTime();
            byte[] body = new byte[bytes];
            ByteBuffer.wrap(body).putInt(lane).putInt(i).putLong(beforeNs);
            try {
                channel.send(destination, new ByteMessage(body), option);
            } catch (ChannelException e) {
                failures.incrementAndGet();
            }
            roundTripNs[lane * share + i] = System.nanoTime() - beforeNs;
        }
    }

    private synchronized String await(int count) throws InterruptedException {
        long deadlineNs = System.nanoTime() + 10_000_000_000L;
        while (received < count && System.nanoTime() < deadlineNs) {
            wait(5);
        }
        return String.format(Locale.ROOT, "{\"received\":%d,\"lastAtUs\":%.1f}", received, lastAtNs / 1000.0);
    }

    private synchronized String figures() {
        Arrays.sort(oneWayNs, 0, received);
        Arrays.sort(roundTripNs);
        String answer = String.format(Locale.ROOT, "{\"outOfOrder\":%d,\"oneWay\":%s,\"roundTrip\":%s}", outOfOrder, latency(oneWayNs, received),
                latency(roundTripNs, roundTripNs.length));
        received = 0;
        outOfOrder = 0;
        Arrays.fill(lastOfLane, -1);
        roundTripNs = new long[0];
        return answer;
    }

    private static String latency(long[] sortedNs, int length) {
        return String.format(Locale.ROOT, "{\"p50Us\":%.1f,\"p99Us\":%.1f}", percentile(sortedNs, length, 0.5), percentile(sortedNs, length, 0.99));
    }

    private static double percentile(long[] sortedNs, int length, double share) {
        return length == 0 ? 0 : sortedNs[Math.min(length - 1, (int) (length * share))] / 1000.0;
    }

    @Override
    public boolean accept(Serializable message, Member sender) {
        return message instanceof ByteMessage;
    }

    /** Called by up to six threads of the receiver. */
    @Override
    public void messageReceived(Serializable message, Member sender) {
        ByteBuffer body = ByteBuffer.wrap(((ByteMessage) message).getMessage());
        int lane = body.getInt();
        int sequence = body.getInt();
        long sentAtNs = body.getLong();
        long nowNs = System.nanoTime();
        synchronized (this) {
            if (received < MAX_MESSAGES) {
                oneWayNs[received++] = nowNs - sentAtNs;
            }
            if (sequence < lastOfLane[lane]) {
                outOfOrder++;
            }
            lastOfLane[lane] = sequence;
            lastAtNs = nowNs;
        }
    }

    @Override
    public void memberAdded(Member member) {
        peersSeen.countDown();
    }

    @Override
    public void memberDisappeared(Member member) {
    }
}
