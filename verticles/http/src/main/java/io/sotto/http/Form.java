package io.sotto.http;

import io.sotto.protocol.AudioKey;
import io.sotto.protocol.FailureCode;
import io.sotto.storage.AudioStore;
import io.sotto.storage.StoredAudio;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerFileUpload;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.streams.ReadStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A multipart form whose file went straight into the audio store as it came in, never whole in
 * memory or on disk. Fields may stand before or after the file.
 */
record Form(
    MultiMap fields,
    @Nullable StoredAudio audio,
    @Nullable String fileName,
    @Nullable String contentType) {

  private static final Pattern CLASS_NAME = Pattern.compile("(?:[a-z]+\\.)+[A-Z]\\w*:?\\s*");

  /** The part that is the file, and what its bytes go through on their way to the store. */
  record Part(String name, UnaryOperator<ReadStream<Buffer>> bytes) {
    /** The file as it comes. */
    static final Part FILE = new Part("file", body -> body);
  }

  /** A field's value, or null when it is absent or empty. Refused with a NUL, which no text has. */
  @Nullable String field(String name) {
    String value = fields.get(name);
    if (value != null && value.indexOf(0) >= 0) {
      throw ApiError.badField(name, name + " holds a NUL character; leave it out");
    }
    return value == null || value.isBlank() ? null : value.strip();
  }

  /**
   * Every value of a list, in whichever way clients write one: {@code name[]} as OpenAI's SDKs do,
   * {@code name}, either of them repeated, or all in one as a JSON array. None of them is blank.
   */
  List<String> values(String name) {
    List<String> values = new ArrayList<>();
    for (String field : List.of(name, name + "[]")) {
      for (String written : fields.getAll(field)) {
        elements(written.strip()).stream().filter(one -> !one.isBlank()).forEach(values::add);
      }
    }
    return values;
  }

  private static List<String> elements(String written) {
    if (!written.startsWith("[")) {
      return List.of(written);
    }
    try {
      return new JsonArray(written)
          .stream().filter(Objects::nonNull).map(String::valueOf).map(String::strip).toList();
    } catch (DecodeException e) {
      return List.of(written); // a text that begins with a bracket
    }
  }

  /** Whether a field says true; false when it is absent. */
  boolean flag(String name) {
    String value = field(name);
    return switch (value == null ? "false" : value) {
      case "true" -> true;
      case "false" -> false;
      default -> throw ApiError.badField(name, name + " is true or false");
    };
  }

  /** The same with a recording that a field named. */
  Form with(StoredAudio stored, @Nullable String name) {
    return new Form(fields, stored, name, null);
  }

  /**
   * What makes two requests the same as far as the recording goes: its content, or where it was
   * said to be, which may hold something else later.
   */
  String identity() {
    for (String source : new String[] {RemoteAudio.URL, RemoteAudio.OBJECT}) {
      String named = field(source);
      if (named != null) {
        return source + "=" + named;
      }
    }
    return file().sha256();
  }

  /** The file, refused when there is none or it is empty. */
  StoredAudio file() {
    if (audio == null) {
      throw ApiError.badField(
          "file",
          "the form has no file: send one as multipart field \"file\", or name it by \"url\"");
    }
    if (audio.bytes() == 0) {
      throw new ApiError(400, FailureCode.BAD_AUDIO.code(), "file", "the file is empty");
    }
    return audio;
  }

  /**
   * Receives the form, the file into {@code key}; or its fields as JSON, which holds no file. Must
   * be called before the request is read; fails with {@link ApiError} or the store's failure,
   * nothing left in the store then.
   */
  static Future<Form> receive(
      HttpServerRequest request, AudioStore store, AudioKey key, long bytesMax, Part part) {
    ApiError refusal = refusal(request, bytesMax, part);
    if (refusal != null) {
      return Future.failedFuture(refusal);
    }
    return json(request) && part.equals(Part.FILE)
        ? JsonForm.receive(request)
        : new Receiver(request, store, key, bytesMax, part).receive();
  }

  private static @Nullable ApiError refusal(HttpServerRequest request, long bytesMax, Part part) {
    boolean file = part.equals(Part.FILE);
    if (!type(request).startsWith("multipart/form-data") && !(json(request) && file)) {
      return new ApiError(
          415,
          FailureCode.UNSUPPORTED_MEDIA.code(),
          null,
          "send the file as multipart/form-data, field \""
              + part.name()
              + (file ? "\", or its \"url\" as application/json" : "\""));
    }
    if (!json(request) && !FormEnd.named(request.getHeader(HttpHeaders.CONTENT_TYPE))) {
      return cutOff(
          "the Content-Type names no boundary; let the HTTP client make this header by itself");
    }
    String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
    boolean declared = length != null && length.matches("\\d{1,18}");
    if (declared && Long.parseLong(length) > bytesMax + HttpOptions.FORM_OVERHEAD_BYTES) {
      return tooLarge(bytesMax, "file");
    }
    return null;
  }

  private static String type(HttpServerRequest request) {
    String type = request.getHeader(HttpHeaders.CONTENT_TYPE);
    return type == null ? "" : type.toLowerCase(Locale.ROOT);
  }

  static boolean json(HttpServerRequest request) {
    return type(request).matches("application/json(\\s*;.*)?");
  }

  /** What the reader of forms says of it, without the names of its classes. */
  static ApiError broken(Throwable failure) {
    Throwable root = failure;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    String why = String.valueOf(root.getMessage());
    return why.startsWith("Size exceed")
        ? new ApiError(
            413,
            FailureCode.TOO_LARGE.code(),
            null,
            "a field of the form has more than " + HttpOptions.FIELD_BYTES_MAX + " bytes")
        : cutOff(CLASS_NAME.matcher(why).replaceAll(""));
  }

  static ApiError cutOff(String why) {
    return ApiError.badField("file", "the upload was cut off: " + why);
  }

  static ApiError tooLarge(long bytesMax, String field) {
    return new ApiError(
        413,
        FailureCode.TOO_LARGE.code(),
        field,
        "the file is larger than "
            + bytesMax
            + " bytes; compress or cut it, or raise"
            + " http.upload-bytes-max");
  }

  /** One request being read. */
  private static final class Receiver {
    private final HttpServerRequest request;
    private final AudioStore store;
    private final AudioKey key;
    private final long bytesMax;
    private final Part part;
    private final Promise<Void> ended = Promise.promise();
    private final FormEnd formEnd;
    private @Nullable Future<StoredAudio> stored;
    private @Nullable HttpServerFileUpload file;

    Receiver(HttpServerRequest request, AudioStore store, AudioKey key, long bytesMax, Part part) {
      this.request = request;
      this.store = store;
      this.key = key;
      this.bytesMax = bytesMax;
      this.formEnd = FormEnd.of(request.getHeader(HttpHeaders.CONTENT_TYPE));
      this.part = part;
    }

    Future<Form> receive() {
      request.setExpectMultipart(true);
      request.uploadHandler(this::arrive);
      request.handler(formEnd::read);
      request.endHandler(end -> end());
      request.exceptionHandler(broken -> ended.tryFail(broken(broken)));
      if ("100-continue".equalsIgnoreCase(request.getHeader(HttpHeaders.EXPECT))) {
        request.response().writeContinue();
      }
      request.resume();
      return ended
          .future()
          .compose(
              end -> {
                Future<StoredAudio> audio = stored;
                return audio == null ? Future.succeededFuture(null) : audio;
              })
          .map(this::form)
          .recover(this::clean);
    }

    /**
     * Of a form that breaks off in its file, the file would be waited for as long as the client.
     */
    private void end() {
      if (file == null || formEnd.reached()) {
        ended.tryComplete();
        return;
      }
      request.response().putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
      ended.tryFail(cutOff("the form does not end with its boundary"));
    }

    private void arrive(HttpServerFileUpload upload) {
      if (!upload.name().equals(part.name()) || file != null) {
        upload.handler(ignored -> {});
        return;
      }
      file = upload;
      upload.pause();
      Future<StoredAudio> put = store.put(key, part.bytes().apply(upload), bytesMax);
      stored = put;
      // the answer need not wait for the rest of a body that is refused
      put.onFailure(ended::tryFail);
    }

    private Form form(@Nullable StoredAudio audio) {
      HttpServerFileUpload upload = file;
      return new Form(
          request.formAttributes(),
          audio,
          upload == null ? null : upload.filename(),
          upload == null ? null : upload.contentType());
    }

    private Future<Form> clean(Throwable failure) {
      Future<StoredAudio> put = stored;
      if (put != null) {
        put.onSuccess(audio -> store.delete(audio.key()));
      }
      ApiError told = ApiError.of(failure);
      return Future.failedFuture(told.status() == 413 ? tooLarge(bytesMax, "file") : failure);
    }
  }
}
