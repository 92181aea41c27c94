package io.sotto.scheduler;

import io.sotto.protocol.ChunkFailed;
import io.sotto.protocol.ChunkTranscribed;
import io.sotto.protocol.ChunksPrepared;
import io.sotto.protocol.ClusterMessage.SchedulerReport;
import io.sotto.protocol.PreparationFailed;
import io.sotto.protocol.Subject;
import io.sotto.protocol.Trail;

/** What lines of the log say of reports. */
final class Lines {
  private Lines() {}

  static Subject subject(SchedulerReport report, Trail trail) {
    return switch (report) {
      case ChunksPrepared r -> Subject.of(r.job(), r.node(), r.attempt(), trail);
      case PreparationFailed r -> Subject.of(r.job(), r.node(), r.attempt(), trail);
      case ChunkTranscribed r -> Subject.of(r.chunk(), r.node(), r.attempt(), trail);
      case ChunkFailed r -> Subject.of(r.chunk(), r.node(), r.attempt(), trail);
    };
  }

  /** What else a line says of a report, with a space before it. */
  static String more(SchedulerReport report) {
    return switch (report) {
      case ChunksPrepared r -> prepared(r);
      case PreparationFailed r -> why(r.code().code());
      case ChunkTranscribed r -> "";
      case ChunkFailed r -> why(r.code().code());
    };
  }

  private static String prepared(ChunksPrepared report) {
    ChunksPrepared.End end = report.end();
    String so = " chunks=" + report.chunks().size() + " prepared_ms=" + report.preparedMs();
    return end == null ? so : so + " total=" + end.chunksTotal() + " audio_ms=" + end.audioMs();
  }

  private static String why(String code) {
    return " code=" + code;
  }
}
