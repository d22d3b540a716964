import org.apache.catalina.tribes.group.GroupChannel;
import org.apache.catalina.tribes.group.interceptors.MessageDispatchInterceptor;
import org.apache.catalina.tribes.group.interceptors.TcpFailureDetector;
import org.apache.catalina.tribes.membership.McastService;
import org.apache.catalina.tribes.transport.ReplicationTransmitter;
import org.apache.catalina.tribes.transport.nio.NioReceiver;
import org.apache.catalina.tribes.transport.nio.PooledParallelSender;

/** A group channel on loopback, set up attribute by attribute as in the cluster-howto. */
final class HowToChannel {
    private HowToChannel() {
    }

    /** Returns `channel`, which has been given its parts. */
    static GroupChannel setUp(GroupChannel channel, int tcpPort, int multicastPort) {
        McastService membership = new McastService();
        membership.setAddress("228.0.0.4");
        membership.setPort(multicastPort);
        membership.setFrequency(500);
        membership.setDropTime(3000);
        NioReceiver receiver = new NioReceiver();
        receiver.setAddress("127.0.0.1");
        receiver.setPort(tcpPort);
        receiver.setAutoBind(100);
        receiver.setSelectorTimeout(5000);
        receiver.setMaxThreads(6);
        ReplicationTransmitter sender = new ReplicationTransmitter();
        sender.setTransport(new PooledParallelSender());
        channel.setMembershipService(membership);
        channel.setChannelReceiver(receiver);
        channel.setChannelSender(sender);
        channel.addInterceptor(new TcpFailureDetector());
        channel.addInterceptor(new MessageDispatchInterceptor());
        return channel;
    }
}
