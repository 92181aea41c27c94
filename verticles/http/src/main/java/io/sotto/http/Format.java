package io.sotto.http;

import java.util.Optional;

/** How a transcript is written down. */
enum Format {
  TEXT("text", "text/plain; charset=utf-8", "txt"),
  JSON("json", "application/json", "json"),
  VERBOSE_JSON("verbose_json", "application/json", "json"),
  SRT("srt", "application/x-subrip; charset=utf-8", "srt"),
  VTT("vtt", "text/vtt; charset=utf-8", "vtt"),
  TSV("tsv", "text/tab-separated-values; charset=utf-8", "tsv"),
  TTML("ttml", "application/ttml+xml; charset=utf-8", "ttml");

  private final String wire;
  private final String contentType;
  private final String extension;

  Format(String wire, String contentType, String extension) {
    this.wire = wire;
    this.contentType = contentType;
    this.extension = extension;
  }

  /** By its name, or {@code txt}. */
  static Optional<Format> parse(String name) {
    for (Format format : values()) {
      if (format.wire.equals(name)) {
        return Optional.of(format);
      }
    }
    return name.equals("txt") ? Optional.of(TEXT) : Optional.empty();
  }

  /** Whether it tells when what is said, so that a shape of subtitles means something. */
  boolean hasCues() {
    return switch (this) {
      case TEXT, JSON -> false;
      case VERBOSE_JSON, SRT, VTT, TSV, TTML -> true;
    };
  }

  boolean isJson() {
    return this == JSON || this == VERBOSE_JSON;
  }

  String wire() {
    return wire;
  }

  String contentType() {
    return contentType;
  }

  String extension() {
    return extension;
  }
}
