package io.sotto.protocol.net;

/** A URL that is not connected to; the message states cause and remedy, for the client to read. */
public final class UrlRefused extends RuntimeException {
  private static final long serialVersionUID = 1L;

  UrlRefused(String message) {
    super(message, null, false, false);
  }

  /** Cause and remedy. */
  public String reason() {
    return String.valueOf(getMessage());
  }
}
