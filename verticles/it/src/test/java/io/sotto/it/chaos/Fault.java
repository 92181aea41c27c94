package io.sotto.it.chaos;

import java.time.Duration;

/** What a {@link FaultProxy} does to the connections through it. */
sealed interface Fault {
  /** Nothing. */
  record Pass() implements Fault {}

  /** Every block of bytes comes late, in both directions. */
  record Delay(Duration by) implements Fault {}

  /** No more than so many bytes a second pass, a connection and direction. */
  record Rate(int bytesPerSecond) implements Fault {}

  /** A connection is reset once the server has sent so many bytes on it; 0: at once. */
  record ResetAfter(long bytes) implements Fault {}

  /** Nothing passes and nobody is told; what was sent meanwhile arrives when it is over. */
  record Blackhole() implements Fault {}

  /** The server's side is closed, the client's stays open and is never answered. */
  record HalfOpen() implements Fault {}

  /** One bit is turned in every so many bytes that the server sends, over all connections. */
  record FlipBit(long every) implements Fault {}

  /** The same of what clients send. */
  record FlipSent(long every) implements Fault {}

  /** So many in a hundred HTTP requests are answered with 503, without asking the server. */
  record Refuse(int percent) implements Fault {}
}
