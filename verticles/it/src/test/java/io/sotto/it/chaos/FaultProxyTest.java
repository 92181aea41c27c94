package io.sotto.it.chaos;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Each fault does what it says, to a server that sends back what it is sent. */
class FaultProxyTest {
  private static final int SHORT_MS = 200;
  private static final int LONG_MS = 10_000;
  private static final byte[] WORD = "a word".getBytes();
  private ServerSocket echo;
  private FaultProxy proxy;

  @BeforeEach
  void open() throws IOException {
    echo = echoServer();
    proxy = FaultProxy.open(echo.getLocalPort());
  }

  @AfterEach
  void close() throws IOException {
    proxy.close();
    echo.close();
  }

  private static ServerSocket echoServer() throws IOException {
    var door = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread.ofVirtual()
        .start(
            () -> {
              while (!door.isClosed()) {
                try {
                  Socket one = door.accept();
                  Thread.ofVirtual().start(() -> echo(one));
                } catch (IOException closed) {
                  return;
                }
              }
            });
    return door;
  }

  private static void echo(Socket one) {
    try (one) {
      one.getInputStream().transferTo(one.getOutputStream());
    } catch (IOException gone) {
      // the proxy cut it off
    }
  }

  private Socket connect() throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), proxy.port());
    socket.setSoTimeout(LONG_MS);
    return socket;
  }

  private static byte[] asked(Socket socket, byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
    return socket.getInputStream().readNBytes(bytes.length);
  }

  private static void assertSilent(Socket socket) throws IOException {
    socket.setSoTimeout(SHORT_MS);
    socket.getOutputStream().write(WORD);
    assertThrows(SocketTimeoutException.class, () -> socket.getInputStream().read());
    socket.setSoTimeout(LONG_MS);
  }

  @Test
  void bytesPassUntouchedAndEndsAreTold() throws Exception {
    byte[] much = new byte[300_000];
    Arrays.fill(much, (byte) 7);
    try (Socket socket = connect()) {
      Thread.ofVirtual()
          .start(
              () -> {
                try {
                  socket.getOutputStream().write(much);
                  socket.shutdownOutput();
                } catch (IOException e) {
                  throw new AssertionError(e);
                }
              });
      assertArrayEquals(much, socket.getInputStream().readAllBytes());
    }
  }

  @Test
  void aServerMayComeBackOnAnotherPort() throws Exception {
    try (ServerSocket other = echoServer()) {
      echo.close();
      proxy.target(other.getLocalPort());
      try (Socket socket = connect()) {
        assertArrayEquals(WORD, asked(socket, WORD));
      }
    }
  }

  @Test
  void delayedBytesComeLate() throws Exception {
    proxy.set(new Fault.Delay(Duration.ofMillis(SHORT_MS)));
    try (Socket socket = connect()) {
      long begun = System.nanoTime();
      assertArrayEquals(WORD, asked(socket, WORD));
      assertTrue(System.nanoTime() - begun >= 2 * SHORT_MS * 1_000_000L, "there and back");
    }
  }

  @Test
  void aSlowLineIsSlow() throws Exception {
    proxy.set(new Fault.Rate(50_000));
    try (Socket socket = connect()) {
      long begun = System.nanoTime();
      asked(socket, new byte[10_000]);
      assertTrue(System.nanoTime() - begun >= SHORT_MS * 1_000_000L);
    }
  }

  @Test
  void connectionsAreResetAfterSoManyBytes() throws Exception {
    proxy.set(new Fault.ResetAfter(10));
    try (Socket socket = connect()) {
      assertArrayEquals(WORD, asked(socket, WORD));
      socket.getOutputStream().write(WORD);
      assertThrows(SocketException.class, () -> socket.getInputStream().readAllBytes());
    }
    assertTrue(proxy.struck() > 0);
  }

  @Test
  void openConnectionsAreResetAtOnce() throws Exception {
    try (Socket socket = connect()) {
      assertArrayEquals(WORD, asked(socket, WORD));
      proxy.set(new Fault.ResetAfter(0));
      assertThrows(SocketException.class, () -> socket.getInputStream().read());
    }
  }

  @Test
  void whatABlackholeSwallowedComesWhenItIsOver() throws Exception {
    try (Socket socket = connect()) {
      assertArrayEquals(WORD, asked(socket, WORD));
      proxy.set(new Fault.Blackhole());
      assertSilent(socket);
      proxy.heal();
      assertArrayEquals(WORD, socket.getInputStream().readNBytes(WORD.length));
    }
  }

  @Test
  void aHalfOpenConnectionNeverAnswersAndIsResetInTheEnd() throws Exception {
    try (Socket old = connect()) {
      assertArrayEquals(WORD, asked(old, WORD));
      proxy.set(new Fault.HalfOpen());
      assertSilent(old);
      try (Socket young = connect()) {
        assertSilent(young);
        proxy.heal();
        assertThrows(SocketException.class, () -> young.getInputStream().read());
      }
      assertThrows(SocketException.class, () -> old.getInputStream().read());
    }
  }

  @Test
  void oneBitIsTurnedInSoManyBytesOfTheServers() throws Exception {
    proxy.set(new Fault.FlipBit(1_000));
    int turned = 0;
    try (Socket socket = connect()) {
      for (int block = 0; block < 30; block++) {
        for (byte b : asked(socket, new byte[100])) {
          turned += Integer.bitCount(b & 0xff);
        }
      }
    }
    assertEquals(3, turned, "in 3,000 bytes");
    assertEquals(3, proxy.struck());
  }

  @Test
  void requestsAreRefusedAsOftenAsAsked() throws Exception {
    HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    server.createContext(
        "/",
        exchange -> {
          exchange.getRequestBody().readAllBytes();
          exchange.sendResponseHeaders(200, -1);
          exchange.close();
        });
    server.start();
    proxy.target(server.getAddress().getPort());
    proxy.set(new Fault.Refuse(25));
    try (HttpClient http = HttpClient.newHttpClient()) {
      int refused = 0;
      for (int i = 0; i < 20; i++) {
        HttpRequest request =
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + proxy.port() + "/"))
                .version(HttpClient.Version.HTTP_1_1)
                .PUT(HttpRequest.BodyPublishers.ofByteArray(new byte[40_000]))
                .build();
        refused += http.send(request, BodyHandlers.discarding()).statusCode() == 503 ? 1 : 0;
      }
      assertEquals(5, refused);
    } finally {
      server.stop(0);
    }
  }
}
