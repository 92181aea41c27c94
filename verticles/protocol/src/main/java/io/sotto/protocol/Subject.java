package io.sotto.protocol;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a line of the log is about, in the one form that every room writes it: as words at the end
 * of a text, as fields of a JSON line. {@code chunk} is null where it is about the whole job.
 */
public record Subject(
    JobId job, @Nullable Integer chunk, @Nullable NodeId node, int attempt, Trail trail)
    implements LogFields {
  public static Subject of(ChunkId chunk, NodeId node, int attempt, Trail trail) {
    return new Subject(chunk.job(), chunk.seq(), node, attempt, trail);
  }

  public static Subject of(JobId job, @Nullable NodeId node, int attempt, Trail trail) {
    return new Subject(job, null, node, attempt, trail);
  }

  /** The same, where {@code further} is. */
  public Subject with(Trail further) {
    return new Subject(job, chunk, node, attempt, further);
  }

  /** {@code work_node} is whose work it is, which is not always the node that tells of it. */
  @Override
  public Map<String, @Nullable Object> fields() {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>(trail.fields());
    fields.put("job_id", job.toString());
    fields.put("chunk", chunk);
    fields.put("work_node", node == null ? null : node.toString());
    fields.put("attempt", attempt);
    return fields;
  }

  @Override
  public String toString() {
    return "job="
        + job
        + " chunk="
        + (chunk == null ? "-" : chunk)
        + " node="
        + (node == null ? "-" : node)
        + " attempt="
        + attempt
        + trail;
  }
}
