package io.sotto.http;

import io.sotto.protocol.FailureCode;
import io.sotto.protocol.SottoException;
import io.vertx.core.json.JsonObject;
import org.jspecify.annotations.Nullable;

/**
 * What a client is told when it cannot have what it asked for, in OpenAI's error object: {@code
 * message} states cause and remedy, {@code param} the field at fault, {@code code} is stable.
 */
final class ApiError extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private static final long RETRY_AFTER_S = 5;

  /** OpenAI's clients give up where they are told to wait longer. */
  private static final long RETRY_AFTER_S_MAX = 120;

  private final int status;
  private final String code;
  private final @Nullable String param;
  private final long retryAfterS;
  private final boolean again;

  ApiError(int status, String code, @Nullable String param, String message) {
    this(status, code, param, message, RETRY_AFTER_S, status == 429 || status == 503);
  }

  private ApiError(
      int status,
      String code,
      @Nullable String param,
      String message,
      long retryAfterS,
      boolean again) {
    super(message, null, false, false);
    this.status = status;
    this.code = code;
    this.param = param;
    this.retryAfterS = retryAfterS;
    this.again = again;
  }

  /** The same, for a client that had better come again in {@code seconds}. */
  ApiError after(long seconds) {
    long within = Math.clamp(seconds, 1, RETRY_AFTER_S_MAX);
    return new ApiError(status, code, param, String.valueOf(getMessage()), within, again);
  }

  /** The same, where the same request may be answered otherwise if it is made once more. */
  ApiError again() {
    return new ApiError(status, code, param, String.valueOf(getMessage()), retryAfterS, true);
  }

  /**
   * Whether to make the same request once more. OpenAI's clients would do so after every 408, 409,
   * 429 and 5xx, and each time somebody transcribes in vain; they go by this where it is told.
   */
  boolean retries() {
    return again;
  }

  /** What to wait before the request is made again, where that helps at all. */
  @Nullable String retryAfter() {
    return status == 429 || status == 503 ? String.valueOf(retryAfterS) : null;
  }

  static ApiError badField(String param, String message) {
    return new ApiError(400, FailureCode.BAD_REQUEST.code(), param, message);
  }

  static ApiError of(FailureCode code, String message) {
    return new ApiError(code.httpStatus(), code.code(), null, message);
  }

  /** Ours as it is; a {@link SottoException} by its code; anything else is a defect. */
  static ApiError of(Throwable failure) {
    return switch (failure) {
      case ApiError known -> known;
      case SottoException ours when ours.code() == FailureCode.INTERNAL -> internal();
      case SottoException ours -> of(ours.code(), ours.reason());
      default -> internal();
    };
  }

  private static ApiError internal() {
    return of(
        FailureCode.INTERNAL,
        "something went wrong on our side; the log has it under the request id");
  }

  int status() {
    return status;
  }

  String code() {
    return code;
  }

  JsonObject json() {
    JsonObject error =
        new JsonObject()
            .put("message", getMessage())
            .put("type", type())
            .put("param", param)
            .put("code", code);
    return new JsonObject().put("error", error);
  }

  private String type() {
    if (status == 429) {
      return FailureCode.RATE_LIMIT_EXCEEDED.code();
    }
    return status < 500 ? "invalid_request_error" : "server_error";
  }
}
