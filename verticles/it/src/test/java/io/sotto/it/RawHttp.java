package io.sotto.it;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** Bytes to a server and bytes back: a client that knows no better. */
final class RawHttp {
  private static final int ANSWER_BYTES_MAX = 4 << 20;
  private final InetSocketAddress server;
  private final int patienceMs;

  RawHttp(URI server, int patienceMs) {
    this.server = new InetSocketAddress(server.getHost(), server.getPort());
    this.patienceMs = patienceMs;
  }

  /** {@code whole}: a server can tell where it ends, and has to answer. */
  record Request(byte[] bytes, boolean whole) {}

  /**
   * {@code status} 0: there was none; {@code late}: the server neither answered nor hung up in
   * time.
   */
  record Answer(int status, String head, String body, boolean late) {
    boolean has(String header) {
      return head.toLowerCase(Locale.ROOT).contains("\n" + header.toLowerCase(Locale.ROOT) + ":");
    }
  }

  /** Sends it, then reads until the server hangs up. What is not whole ends where it ends. */
  Answer send(Request request) throws IOException {
    ByteArrayOutputStream got = new ByteArrayOutputStream();
    boolean late = false;
    try (Socket socket = new Socket()) {
      socket.connect(server, patienceMs);
      socket.setSoTimeout(patienceMs);
      late = exchange(socket, request, got);
    }
    return answer(got.toString(StandardCharsets.ISO_8859_1), late);
  }

  private static boolean exchange(Socket socket, Request request, ByteArrayOutputStream got) {
    try {
      socket.getOutputStream().write(request.bytes());
      if (!request.whole()) {
        socket.shutdownOutput();
      }
    } catch (IOException refused) {
      // it hung up before it had all: what it said until then may still be read
    }
    try {
      InputStream in = socket.getInputStream();
      byte[] block = new byte[8192];
      for (int n = in.read(block); n >= 0 && got.size() < ANSWER_BYTES_MAX; n = in.read(block)) {
        got.write(block, 0, n);
      }
      return false;
    } catch (SocketTimeoutException late) {
      return true;
    } catch (IOException reset) {
      return false;
    }
  }

  private static Answer answer(String text, boolean late) {
    int end = text.indexOf("\r\n\r\n");
    String head = end < 0 ? text : text.substring(0, end);
    boolean http = head.matches("(?s)HTTP/1\\.[01] \\d{3}.*");
    int status = http ? Integer.parseInt(head.substring(9, 12)) : 0;
    return new Answer(status, head, end < 0 ? "" : text.substring(end + 4), late);
  }
}
