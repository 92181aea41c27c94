package io.sotto.protocol;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.List;
import java.util.Optional;

/**
 * The key of an audio object in the store. Uploads lie under {@code uploads/}, chunks under {@code
 * chunks/}, so that the credentials of an ingest node can be limited to the prefix it writes. Keys
 * are made by us alone, never from a file name.
 */
public record AudioKey(@JsonValue String value) {
  private static final String UPLOADS = "uploads/";
  private static final String CHUNKS = "chunks/";

  /** Under one of these every object of ours lies. */
  public static final List<String> PREFIXES = List.of(UPLOADS, CHUNKS);

  @JsonCreator
  public AudioKey {
    if (value.isEmpty() || value.length() > 256 || value.contains("..")) {
      throw new IllegalArgumentException("not an audio key: " + value);
    }
  }

  public static AudioKey upload(JobId job) {
    return new AudioKey(UPLOADS + job);
  }

  public static AudioKey chunk(ChunkId chunk) {
    return new AudioKey(chunkPrefix(chunk.job()) + String.format("%06d.wav", chunk.seq()));
  }

  /** The prefix under which every chunk of {@code job} lies. */
  public static String chunkPrefix(JobId job) {
    return CHUNKS + job + "/";
  }

  /** Whether {@code key} is under the prefix of uploads. */
  public static boolean isUpload(String key) {
    return key.startsWith(UPLOADS);
  }

  /**
   * The job that {@code key}, as a bucket lists it, was made for; empty where we did not make it.
   */
  public static Optional<JobId> owner(String key) {
    if (isUpload(key)) {
      return JobId.parse(key.substring(UPLOADS.length()))
          .filter(job -> upload(job).value().equals(key));
    }
    int slash = key.indexOf('/', CHUNKS.length());
    return key.startsWith(CHUNKS) && slash > 0
        ? JobId.parse(key.substring(CHUNKS.length(), slash))
            .filter(job -> key.startsWith(chunkPrefix(job)))
        : Optional.empty();
  }

  @Override
  public String toString() {
    return value;
  }
}
