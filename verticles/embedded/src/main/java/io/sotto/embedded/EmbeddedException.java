package io.sotto.embedded;

/** An embedded store cannot run here; the message says why and what to do. */
public final class EmbeddedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public EmbeddedException(String message) {
    super(message);
  }

  public EmbeddedException(String message, Throwable cause) {
    super(message + " (" + cause.getMessage() + ")", cause);
  }
}
