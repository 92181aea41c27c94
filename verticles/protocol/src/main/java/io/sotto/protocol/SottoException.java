package io.sotto.protocol;

import java.util.Objects;

/**
 * Carries a {@link FailureCode} through a {@code Future}; {@code message} states cause and remedy,
 * for the client to read.
 */
public final class SottoException extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private final FailureCode code;

  public SottoException(FailureCode code, String message) {
    this(code, message, null);
  }

  @SuppressWarnings("this-escape")
  public SottoException(
      FailureCode code, String message, @org.jspecify.annotations.Nullable Throwable cause) {
    super(message, cause, false, code == FailureCode.INTERNAL);
    this.code = Objects.requireNonNull(code);
  }

  public FailureCode code() {
    return code;
  }

  /**
   * {@code failure} itself when it is one of ours, else an {@link FailureCode#INTERNAL} around it.
   */
  public static SottoException of(Throwable failure) {
    return failure instanceof SottoException ours
        ? ours
        : new SottoException(FailureCode.INTERNAL, "internal error", failure);
  }

  public String reason() {
    return Objects.requireNonNullElse(getMessage(), code.code());
  }
}
