package io.sotto.scheduler;

import io.sotto.protocol.ChunkFailed;
import io.sotto.protocol.ChunkId;
import io.sotto.protocol.ChunkTranscribed;
import io.sotto.protocol.ChunksPrepared;
import io.sotto.protocol.ClusterMessage.SchedulerReport;
import io.sotto.protocol.JobId;
import io.sotto.protocol.NodeId;
import io.sotto.protocol.PreparationFailed;

/** The subject of a log line, in the one form that every room writes it. */
final class Lines {
  private Lines() {}

  static String subject(ChunkId chunk, NodeId node, int attempt) {
    return "job=" + chunk.job() + " chunk=" + chunk.seq() + " node=" + node + " attempt=" + attempt;
  }

  static String subject(JobId job, NodeId node, int attempt) {
    return "job=" + job + " chunk=- node=" + node + " attempt=" + attempt;
  }

  static String subject(SchedulerReport report) {
    return switch (report) {
      case ChunksPrepared r -> subject(r.job(), r.node(), r.attempt()) + prepared(r);
      case PreparationFailed r -> subject(r.job(), r.node(), r.attempt()) + why(r.code().code());
      case ChunkTranscribed r -> subject(r.chunk(), r.node(), r.attempt());
      case ChunkFailed r -> subject(r.chunk(), r.node(), r.attempt()) + why(r.code().code());
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
