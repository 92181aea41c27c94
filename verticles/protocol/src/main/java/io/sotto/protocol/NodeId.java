package io.sotto.protocol;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.UUID;

/** One incarnation of a node: a process that starts again is another node. */
public record NodeId(@JsonValue UUID value) {
  /** No node has this id. */
  public static final NodeId NOBODY = new NodeId(new UUID(0, 0));

  @JsonCreator
  public NodeId {}

  public static NodeId create() {
    return new NodeId(UUID.randomUUID());
  }

  @Override
  public String toString() {
    return value.toString();
  }
}
