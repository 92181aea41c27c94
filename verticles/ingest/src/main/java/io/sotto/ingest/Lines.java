package io.sotto.ingest;

import io.sotto.protocol.NodeId;
import io.sotto.protocol.PrepareAudio;

/** The subject of a log line, the same words everywhere. */
final class Lines {
  private Lines() {}

  static String of(PrepareAudio work, NodeId node) {
    return "job=" + work.job() + " chunk=- node=" + node + " attempt=" + work.attempt();
  }
}
