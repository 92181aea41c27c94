package io.sotto.engine;

/** The engine cannot do what it was asked: {@code kind} says whose fault that is. */
public final class EngineException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Who has to change something. */
  public enum Kind {
    /** The caller: an unknown language, a window that is too long. */
    BAD_REQUEST,
    /** The operator: a model file is missing, truncated or not the one its manifest names. */
    BAD_MODEL,
    /** The transcriber was closed, or its queue is full. */
    CLOSED,
    /** ONNX Runtime failed. */
    FAULT
  }

  private final Kind kind;

  public EngineException(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  public EngineException(Kind kind, String message, Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  public Kind kind() {
    return kind;
  }
}
