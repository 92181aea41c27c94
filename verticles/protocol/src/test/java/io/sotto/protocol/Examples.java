package io.sotto.protocol;

import java.util.List;
import java.util.UUID;

/** One example of every message, the same in tests and in docs/messages.md. */
final class Examples {
  private static final JobId JOB =
      new JobId(UUID.fromString("0192f000-0000-7000-8000-000000000001"));
  private static final NodeId NODE =
      new NodeId(UUID.fromString("00000000-0000-4000-8000-00000000000a"));
  private static final NodeId SCHEDULER =
      new NodeId(UUID.fromString("00000000-0000-4000-8000-00000000000b"));
  private static final ChunkId CHUNK = new ChunkId(JOB, 3);
  private static final String SHA256 = "a".repeat(64);

  private Examples() {}

  static List<ClusterMessage> all() {
    return List.of(
        new Ack(),
        new JobAccepted(JOB),
        new JobChanged(JOB, JobState.RUNNING),
        new IngestOffer(NODE, 2, 1, SCHEDULER),
        new WorkerOffer(
            NODE,
            "cpu",
            List.of("whisper-base"),
            8,
            5,
            42.5,
            List.of(new ModelFacts("whisper-base", 80_000_000, "int8", 99, 5, 42.5)),
            SCHEDULER),
        new PrepareAudio(
            JOB, 1, SCHEDULER, "http://store/uploads/x?X-Amz-Signature=s", 352_078, SHA256),
        new ChunksPrepared(
            JOB,
            1,
            NODE,
            List.of(
                new PreparedChunk(3, new Span(0, 29_984), AudioKey.chunk(CHUNK), SHA256, 959_532)),
            29_984,
            new ChunksPrepared.End(4, 101_500)),
        new PreparationFailed(JOB, 1, NODE, FailureCode.BAD_AUDIO, "the file is empty"),
        new TranscribeChunk(
                CHUNK,
                2,
                SCHEDULER,
                new Span(60_000, 89_984),
                "http://store/chunks/x?X-Amz-Signature=s",
                SHA256,
                new TranscriptionOptions("whisper-base", "en", Task.TRANSCRIBE, null),
                120_000)
            .byItself(),
        new CancelJob(JOB),
        new ChunkTranscribed(CHUNK, 2, NODE, transcript()),
        new ChunkFailed(CHUNK, 2, NODE, FailureCode.AUDIO_CORRUPT, "SHA-256 differs", true));
  }

  private static ChunkTranscript transcript() {
    Segment segment =
        new Segment(
            60.0,
            62.48,
            " Ask not.",
            List.of(50364, 12320, 406, 13, 50488),
            0,
            -0.25,
            0.9,
            0.01,
            List.of(new Word(" Ask", 60.0, 60.4, 0.98)),
            "silence",
            List.of(new TokenLogprob(" Ask", -0.0625, List.of(32, 65, 115, 107))));
    return new ChunkTranscript(
        "en",
        0.99,
        List.of(segment),
        List.of(segment),
        SHA256,
        new ChunkTranscript.StageTimes(4, 1, 8, 300, 140));
  }
}
