package io.sotto.protocol;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;

/**
 * The key of an audio object in the store. Uploads lie under {@code uploads/}, chunks under {@code
 * chunks/}, so that the credentials of an ingest node can be limited to the prefix it writes. Keys
 * are made by us alone, never from a file name.
 */
public record AudioKey(@JsonValue String value) {
  @JsonCreator
  public AudioKey {
    if (value.isEmpty() || value.length() > 256 || value.contains("..")) {
      throw new IllegalArgumentException("not an audio key: " + value);
    }
  }

  public static AudioKey upload(JobId job) {
    return new AudioKey("uploads/" + job);
  }

  public static AudioKey chunk(ChunkId chunk) {
    return new AudioKey(chunkPrefix(chunk.job()) + String.format("%06d.wav", chunk.seq()));
  }

  /** The prefix under which every chunk of {@code job} lies. */
  public static String chunkPrefix(JobId job) {
    return "chunks/" + job + "/";
  }

  @Override
  public String toString() {
    return value;
  }
}
