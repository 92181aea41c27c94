package io.sotto.it.chaos;

import io.sotto.it.chaos.Fault.Blackhole;
import io.sotto.it.chaos.Fault.HalfOpen;
import io.sotto.it.chaos.Fault.Pass;
import io.sotto.it.chaos.Fault.ResetAfter;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A TCP proxy on loopback that ill-treats what passes through it. Its port stays when the server
 * behind it comes back on another. A fault holds for open connections and new ones, from {@link
 * #set} until {@link #heal}.
 */
final class FaultProxy implements AutoCloseable {
  private static final int CONNECT_BACKLOG = 256;

  private final ServerSocket door;
  private final Set<FaultLink> links = ConcurrentHashMap.newKeySet();
  private final AtomicLong flippable = new AtomicLong();
  private final AtomicLong requests = new AtomicLong();
  private final AtomicLong struck = new AtomicLong();
  private volatile int target;
  private volatile Fault fault = new Pass();

  private FaultProxy(ServerSocket door, int target) {
    this.door = door;
    this.target = target;
  }

  /** Listens on a free port of loopback and connects to {@code target}. */
  static FaultProxy open(int target) throws IOException {
    return open("127.0.0.1", target);
  }

  /** Listens on a free port of {@code host}, an address of this machine's. */
  static FaultProxy open(String host, int target) throws IOException {
    var door = new ServerSocket(0, CONNECT_BACKLOG, InetAddress.getByName(host));
    FaultProxy proxy = new FaultProxy(door, target);
    Thread.ofVirtual().start(proxy::accept);
    return proxy;
  }

  int port() {
    return door.getLocalPort();
  }

  /** Where new connections go from now on. */
  void target(int port) {
    target = port;
  }

  int target() {
    return target;
  }

  /** How often it has done what it was set to. */
  long struck() {
    return struck.get();
  }

  void set(Fault next) {
    synchronized (this) {
      fault = next;
      notifyAll();
    }
    if (next instanceof ResetAfter reset && reset.bytes() == 0) {
      links.forEach(FaultLink::reset);
    } else if (next instanceof HalfOpen) {
      links.forEach(FaultLink::halfOpen);
    }
  }

  /** Passes again; connections that were cut off on one side are reset, as a kernel would. */
  void heal() {
    set(new Pass());
    links.stream().filter(FaultLink::isHalfOpen).forEach(FaultLink::reset);
  }

  Fault fault() {
    return fault;
  }

  /** The fault, once it is none that holds everything back. */
  Fault gate() throws InterruptedException {
    synchronized (this) {
      if (fault instanceof Blackhole) {
        struck.incrementAndGet();
      }
      while (fault instanceof Blackhole) {
        wait();
      }
      return fault;
    }
  }

  private void accept() {
    while (!door.isClosed()) {
      try {
        Socket client = door.accept();
        FaultLink link = new FaultLink(this, client);
        links.add(link);
        Thread.ofVirtual().start(() -> run(link));
      } catch (IOException closed) {
        return;
      }
    }
  }

  private void run(FaultLink link) {
    try {
      link.run();
    } finally {
      links.remove(link);
    }
  }

  void strike() {
    struck.incrementAndGet();
  }

  /** Whether the next request is one of {@code percent} in a hundred. */
  boolean refuses(int percent) {
    long n = requests.incrementAndGet();
    return n * percent / 100 > (n - 1) * percent / 100;
  }

  /**
   * Counts {@code bytes} of one side's; gives which of them has a bit to be turned, or -1. At most
   * one a block.
   */
  int toFlip(long every, int bytes) {
    long before = flippable.getAndAdd(bytes);
    long next = (before / every + 1) * every;
    return next <= before + bytes ? (int) (next - before) - 1 : -1;
  }

  @Override
  public void close() throws IOException {
    door.close();
    set(new Pass());
    links.forEach(FaultLink::reset);
  }
}
