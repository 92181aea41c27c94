package io.sotto.http;

import io.sotto.protocol.AudioKey;
import io.sotto.protocol.FailureCode;
import io.sotto.protocol.SottoException;
import io.sotto.storage.AudioStore;
import io.sotto.storage.StoredAudio;
import io.sotto.storage.Tenant;
import io.vertx.core.Future;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Brings in the recording that a form names instead of holding it: by its URL, or as an object of
 * the cluster's own bucket.
 */
final class RemoteAudio {
  static final String URL = "url";
  static final String OBJECT = "s3_object";
  private static final int KEY_CHARS_MAX = 1024;
  private static final Pattern KEY = Pattern.compile("[\\x21-\\x7e]+");
  private final Sources sources;
  private final AudioStore audio;
  private final long bytesMax;
  private final Download download;

  RemoteAudio(Sources sources, AudioStore audio, long bytesMax, Download download) {
    this.sources = sources;
    this.audio = audio;
    this.bytesMax = bytesMax;
    this.download = download;
  }

  /**
   * The form with its recording under {@code key}; as it is when it names none. Fails with {@link
   * ApiError}, nothing stored then. {@code gone} is when nobody wants it any more.
   */
  Future<Form> complete(Form form, Tenant tenant, AudioKey key, Future<Void> gone) {
    String url = form.field(URL);
    String object = form.field(OBJECT);
    int named = (url == null ? 0 : 1) + (object == null ? 0 : 1);
    if (named == 0) {
      return Future.succeededFuture(form);
    }
    if (named == 2 || form.audio() != null) {
      String field = url == null ? OBJECT : URL;
      return Future.failedFuture(
          ApiError.badField(
              field, "file, " + URL + " and " + OBJECT + " exclude each other; send one of them"));
    }
    return url != null
        ? download.fetch(url, key, gone).map(stored -> form.with(stored, lastPart(url)))
        : copy(String.valueOf(object), tenant, key)
            .map(stored -> form.with(stored, lastPart(String.valueOf(object))));
  }

  /** What stands for a file name; a query is left out, which may hold a secret. */
  private static @Nullable String lastPart(String where) {
    int query = where.indexOf('?');
    String path = query < 0 ? where : where.substring(0, query);
    String last = path.substring(path.lastIndexOf('/') + 1);
    return last.isEmpty() ? null : last;
  }

  private Future<StoredAudio> copy(String named, Tenant tenant, AudioKey key) {
    String from = objectKey(named, tenant);
    return audio
        .copy(from, key, bytesMax)
        .recover(
            failure ->
                Future.failedFuture(
                    failure instanceof SottoException known ? told(known, from) : failure));
  }

  private Throwable told(SottoException failure, String from) {
    return switch (failure.code()) {
      case AUDIO_MISSING ->
          new ApiError(
              404,
              "s3_object_not_found",
              OBJECT,
              "there is no object " + from + " in the bucket; store it first");
      case TOO_LARGE -> Form.tooLarge(bytesMax, OBJECT);
      case BAD_REQUEST ->
          ApiError.badField(OBJECT, "the object was replaced while it was read; send it again");
      default -> failure;
    };
  }

  private String objectKey(String named, Tenant tenant) {
    String prefix = sources.prefix(tenant.id());
    if (prefix.isEmpty()) {
      throw refused(
          "this server takes no objects of its bucket; upload the file, or ask the operator to"
              + " set http.s3-objects-prefix");
    }
    String bucket = "s3://" + sources.bucket() + "/";
    String key = named.startsWith(bucket) ? named.substring(bucket.length()) : named;
    boolean plain =
        key.length() <= KEY_CHARS_MAX
            && KEY.matcher(key).matches()
            && !key.contains("..")
            && !key.contains("//")
            && !key.contains("/./");
    if (!plain || !key.startsWith(prefix) || key.length() == prefix.length()) {
      throw refused(
          "the key must begin with "
              + prefix
              + " and be plain ASCII without .. or //, alone or after "
              + bucket);
    }
    return key;
  }

  private static ApiError refused(String why) {
    return new ApiError(400, "s3_object_refused", OBJECT, why);
  }

  /** The server has its hands full of fetching. */
  static ApiError busy(int atOnce) {
    return ApiError.of(
        FailureCode.OVERLOADED,
        "this server is fetching " + atOnce + " recordings already; ask again, or upload the file");
  }
}
