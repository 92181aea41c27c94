package io.sotto.http;

import io.sotto.protocol.Segment;
import io.sotto.protocol.Task;
import io.sotto.storage.JobStore.ChunkResult;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * A finished transcript and its renderings: text, srt, vtt and tsv as openai/whisper's writers put
 * them, json and verbose_json by {@link TranscriptJson}. Pure; times in seconds.
 */
record Transcript(
    Task task, String language, double duration, List<Segment> segments, List<Segment> dropped) {
  Transcript {
    segments = List.copyOf(segments);
    dropped = List.copyOf(dropped);
  }

  /** From the chunks of a job, in the order of the recording. */
  static Transcript of(Task task, String language, long audioMs, List<ChunkResult> chunks) {
    List<Segment> segments =
        chunks.stream().flatMap(chunk -> chunk.transcript().segments().stream()).toList();
    List<Segment> dropped =
        chunks.stream().flatMap(chunk -> chunk.transcript().dropped().stream()).toList();
    return new Transcript(task, language, audioMs / 1000.0, segments, dropped);
  }

  String render(Format format) {
    return switch (format) {
      case TEXT -> text() + "\n";
      case JSON -> TranscriptJson.json(this, hasLogprobs()).encode();
      case VERBOSE_JSON -> TranscriptJson.verbose(this).encode();
      case SRT -> srt();
      case VTT -> vtt();
      case TSV -> tsv();
    };
  }

  /** The text of all segments, one after the other. */
  String text() {
    return segments.stream().map(Segment::text).collect(Collectors.joining()).strip();
  }

  private boolean hasLogprobs() {
    return segments.stream().anyMatch(segment -> segment.logprobs() != null);
  }

  private String srt() {
    StringBuilder out = new StringBuilder();
    int number = 1;
    for (Segment segment : segments) {
      out.append(number++).append('\n');
      out.append(clock(segment.start(), true, ',')).append(" --> ");
      out.append(clock(segment.end(), true, ',')).append('\n');
      out.append(line(segment)).append("\n\n");
    }
    return out.toString();
  }

  private String vtt() {
    StringBuilder out = new StringBuilder("WEBVTT\n\n");
    for (Segment segment : segments) {
      out.append(clock(segment.start(), false, '.')).append(" --> ");
      out.append(clock(segment.end(), false, '.')).append('\n');
      out.append(line(segment)).append("\n\n");
    }
    return out.toString();
  }

  private String tsv() {
    StringBuilder out = new StringBuilder("start\tend\ttext\n");
    for (Segment segment : segments) {
      out.append(Math.round(segment.start() * 1000)).append('\t');
      out.append(Math.round(segment.end() * 1000)).append('\t');
      out.append(segment.text().strip().replace('\t', ' ')).append('\n');
    }
    return out.toString();
  }

  /** An arrow inside a cue would end its header: Whisper's writers shorten it. */
  private static String line(Segment segment) {
    return segment.text().strip().replace("-->", "->");
  }

  private static String clock(double seconds, boolean hours, char point) {
    long ms = Math.round(seconds * 1000);
    String tail =
        String.format(
            Locale.ROOT, "%02d:%02d%c%03d", ms / 60_000 % 60, ms / 1000 % 60, point, ms % 1000);
    return hours || ms >= 3_600_000 ? String.format("%02d:", ms / 3_600_000) + tail : tail;
  }
}
