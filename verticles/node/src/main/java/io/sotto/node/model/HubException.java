package io.sotto.node.model;

/** A download that cannot go on; the message says why and what to do. */
public final class HubException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public HubException(String message) {
    super(message);
  }

  public HubException(String message, Throwable cause) {
    super(message, cause);
  }
}
