package io.sotto.it.chaos;

import io.sotto.it.chaos.Fault.Blackhole;
import io.sotto.it.chaos.Fault.Delay;
import io.sotto.it.chaos.Fault.FlipBit;
import io.sotto.it.chaos.Fault.FlipSent;
import io.sotto.it.chaos.Fault.HalfOpen;
import io.sotto.it.chaos.Fault.Pass;
import io.sotto.it.chaos.Fault.Rate;
import io.sotto.it.chaos.Fault.Refuse;
import io.sotto.it.chaos.Fault.ResetAfter;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** One connection through a {@link FaultProxy}, and its two directions. */
final class FaultLink {
  private static final int BLOCK = 16 << 10;
  private static final int DRAIN_MS = 2_000;
  private static final List<String> METHODS = List.of("GET ", "PUT ", "POST ", "HEAD ", "DELETE ");
  private static final byte[] UNAVAILABLE =
      ("HTTP/1.1 503 Slow Down\r\nContent-Type: application/xml\r\nContent-Length: 59\r\n"
              + "Connection: close\r\n\r\n"
              + "<Error><Code>SlowDown</Code><Message>Less</Message></Error>")
          .getBytes(StandardCharsets.US_ASCII);

  private final FaultProxy proxy;
  private final Socket client;
  private volatile Socket server;
  private volatile boolean halfOpen;
  private long downBytes;

  FaultLink(FaultProxy proxy, Socket client) {
    this.proxy = proxy;
    this.client = client;
  }

  /** Blocks until the connection is over. */
  void run() {
    try (client) {
      Fault now = proxy.gate();
      if (now instanceof HalfOpen) {
        halfOpen = true;
        pump(client.getInputStream(), OutputStream.nullOutputStream(), true);
        return;
      }
      try (Socket opened = new Socket(InetAddress.getLoopbackAddress(), proxy.target())) {
        opened.setTcpNoDelay(true);
        client.setTcpNoDelay(true);
        server = opened;
        both(opened);
      }
    } catch (IOException e) {
      reset();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void both(Socket opened) throws IOException, InterruptedException {
    OutputStream toClient = client.getOutputStream();
    InputStream fromServer = opened.getInputStream();
    Thread down = Thread.ofVirtual().start(() -> down(fromServer, toClient));
    if (pump(client.getInputStream(), opened.getOutputStream(), true)) {
      opened.shutdownOutput();
    }
    down.join();
  }

  private void down(InputStream from, OutputStream to) {
    try {
      boolean ended = pump(from, to, false);
      if (ended && !halfOpen) {
        client.shutdownOutput(); // the client ends it as a whole once it has read the rest
      }
    } catch (IOException e) {
      if (!halfOpen) {
        reset();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Whether the stream came to its own end. */
  private boolean pump(InputStream from, OutputStream to, boolean up)
      throws IOException, InterruptedException {
    byte[] block = new byte[BLOCK];
    for (int n = from.read(block); n >= 0; n = from.read(block)) {
      if (!pass(block, n, to, up)) {
        return false;
      }
    }
    return true;
  }

  /** Whether the connection goes on. */
  private boolean pass(byte[] block, int n, OutputStream to, boolean up)
      throws IOException, InterruptedException {
    Fault now = halfOpen ? new HalfOpen() : proxy.gate();
    switch (now) {
      case Pass none -> to.write(block, 0, n);
      case Delay late -> {
        proxy.strike();
        Thread.sleep(late.by());
        to.write(block, 0, n);
      }
      case Rate slow -> {
        proxy.strike();
        Thread.sleep(1000L * n / slow.bytesPerSecond());
        to.write(block, 0, n);
      }
      case ResetAfter reset -> {
        return passUntil(reset.bytes(), block, n, to, up);
      }
      case Blackhole gone -> throw new IllegalStateException("the gate was open");
      case HalfOpen silent -> proxy.strike();
      case FlipBit flip -> to.write(up ? block : flipped(flip.every(), block, n), 0, n);
      case FlipSent flip -> to.write(up ? flipped(flip.every(), block, n) : block, 0, n);
      case Refuse some -> {
        return !(up && refused(some, block, n)) && forwarded(block, n, to);
      }
    }
    return true;
  }

  private static boolean forwarded(byte[] block, int n, OutputStream to) throws IOException {
    to.write(block, 0, n);
    return true;
  }

  private boolean passUntil(long bytes, byte[] block, int n, OutputStream to, boolean up)
      throws IOException {
    if (!up) {
      long left = bytes - downBytes;
      to.write(block, 0, Math.clamp(left, 0, n));
      downBytes += n;
      if (left < n) {
        proxy.strike();
        reset();
        return false;
      }
      return true;
    }
    return forwarded(block, n, to);
  }

  private byte[] flipped(long every, byte[] block, int n) {
    int at = proxy.toFlip(every, n);
    if (at >= 0) {
      proxy.strike();
      block[at] ^= (byte) (1 << (at % Byte.SIZE));
    }
    return block;
  }

  /** Answers for the server and reads on to the client's end, so that the answer arrives. */
  private boolean refused(Refuse some, byte[] block, int n) throws IOException {
    String begin = new String(block, 0, Math.min(n, 8), StandardCharsets.US_ASCII);
    boolean request = METHODS.stream().anyMatch(begin::startsWith);
    if (!request || !proxy.refuses(some.percent())) {
      return false;
    }
    proxy.strike();
    client.getOutputStream().write(UNAVAILABLE);
    client.shutdownOutput();
    client.setSoTimeout(DRAIN_MS);
    try {
      client.getInputStream().transferTo(OutputStream.nullOutputStream());
    } catch (java.net.SocketTimeoutException enough) {
      // it had its time to hang up
    }
    reset();
    return true;
  }

  /** Both sides at once, without a farewell. */
  void reset() {
    abort(client);
    abort(server);
  }

  private static void abort(Socket socket) {
    if (socket == null) {
      return;
    }
    try {
      socket.setSoLinger(true, 0);
      socket.close();
    } catch (IOException closed) {
      // then it is over
    }
  }

  /** The server's side ends; the client hears nothing of it. */
  void halfOpen() {
    halfOpen = true;
    abort(server);
  }

  boolean isHalfOpen() {
    return halfOpen;
  }
}
