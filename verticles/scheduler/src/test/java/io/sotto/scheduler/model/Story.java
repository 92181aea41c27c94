package io.sotto.scheduler.model;

import io.sotto.protocol.AudioKey;
import io.sotto.protocol.ChunkId;
import io.sotto.protocol.ChunkTranscript;
import io.sotto.protocol.JobId;
import io.sotto.protocol.PreparedChunk;
import io.sotto.protocol.Segment;
import io.sotto.protocol.Span;
import io.sotto.protocol.Task;
import io.sotto.protocol.TranscriptionOptions;
import io.sotto.storage.NewJob;
import io.sotto.storage.StoredAudio;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A recording of the model: what is in it and how it must end. Its text is a function of the job,
 * the chunk and the language, so that a result that got into the wrong place is seen.
 */
record Story(JobId id, Kind kind, int chunks, int bad, @Nullable String language) {
  static final String MODEL = "m";
  static final long TENANT = 1;
  static final long CHUNK_MS = 1000;
  private static final String SHA = "ab".repeat(32);
  private static final String SPOKEN = "pt";
  private static final ChunkTranscript.StageTimes NO_TIMES =
      new ChunkTranscript.StageTimes(0, 0, 0, 0, 0);

  /** What a recording does to whoever works on it. */
  enum Kind {
    SOUND,
    /** Its chunk {@code bad} kills the process that transcribes it. */
    POISONED,
    /** Its chunk {@code bad} fails on every worker. */
    FAILING,
    /** It cannot be decoded. */
    NOT_AUDIO
  }

  static Story drawn(int number, World world, Faults faults) {
    JobId id = new JobId(new UUID(0x7000L | (long) number << 16, 0x8000_0000_0000_0000L));
    int chunks = world.dice.nextInt(5);
    int bad = chunks == 0 ? 0 : world.dice.nextInt(chunks);
    return new Story(id, kind(chunks, world, faults), chunks, bad, language(world));
  }

  private static Kind kind(int chunks, World world, Faults faults) {
    return switch (world.dice.nextInt(10)) {
      case 0, 1 -> chunks > 0 && faults.armed(Fault.POISON) ? Kind.POISONED : Kind.SOUND;
      case 2 -> chunks > 0 && faults.armed(Fault.CHUNK_FAILS) ? Kind.FAILING : Kind.SOUND;
      case 3 -> world.oneIn(3) ? Kind.NOT_AUDIO : Kind.SOUND;
      default -> Kind.SOUND;
    };
  }

  private static @Nullable String language(World world) {
    return world.oneIn(3) ? null : "en";
  }

  boolean does(Kind harm, int seq) {
    return kind == harm && bad == seq;
  }

  NewJob job() {
    TranscriptionOptions options = new TranscriptionOptions(MODEL, language, Task.TRANSCRIBE, null);
    StoredAudio audio = new StoredAudio(AudioKey.upload(id), 1, SHA);
    return new NewJob(id, TENANT, id.toString(), "h", options, audio, null, null);
  }

  PreparedChunk chunk(int seq) {
    Span span = new Span(seq * CHUNK_MS, (seq + 1) * CHUNK_MS);
    return new PreparedChunk(seq, span, AudioKey.chunk(new ChunkId(id, seq)), SHA, 1);
  }

  /** What a worker makes of chunk {@code seq} that is told {@code asked} as the language. */
  static ChunkTranscript heard(ChunkId chunk, @Nullable String asked) {
    String language = asked == null ? SPOKEN : asked;
    String text = text(chunk, language);
    Segment segment = new Segment(0, 1, text, List.of(), 0, 0, 1, 0, List.of());
    return new ChunkTranscript(language, 1, List.of(segment), SHA, NO_TIMES);
  }

  boolean isTextOf(ChunkTranscript transcript, int seq) {
    String spoken = language == null ? SPOKEN : language;
    return text(new ChunkId(id, seq), spoken).equals(transcript.segments().getFirst().text());
  }

  private static String text(ChunkId chunk, String language) {
    return chunk.job().value().getMostSignificantBits() + " " + chunk.seq() + " " + language;
  }

  @Override
  public String toString() {
    return "job" + (id.value().getMostSignificantBits() >>> 16) + "(" + kind + " x" + chunks + ")";
  }
}
