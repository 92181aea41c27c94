package io.sotto.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggingEvent;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.sotto.protocol.ChunkId;
import io.sotto.protocol.JobId;
import io.sotto.protocol.NodeId;
import io.sotto.protocol.Subject;
import io.sotto.protocol.Trail;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A line of the log as JSON: its fields, and that it is one line whatever is said in it. */
class LogFormatTest {
  private static final Trail TRAIL =
      new Trail("r-1", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
  private final LoggerContext context = new LoggerContext();
  private final NodeId self = NodeId.create();

  private String line(String format, @Nullable Throwable error, Object... arguments) {
    Logger logger = context.getLogger("io.sotto.worker.Workbench");
    var event = new LoggingEvent("here", logger, Level.INFO, format, error, arguments);
    var encoder = LogFormat.json(context, self);
    return new String(encoder.encode(event), StandardCharsets.UTF_8);
  }

  private static List<String> names(JsonNode line) {
    Iterable<String> names = line::fieldNames;
    return StreamSupport.stream(names.spliterator(), false).toList();
  }

  @Test
  void aLineAboutAChunkNamesWhoseItIs() throws IOException {
    JobId job = JobId.create(0);
    NodeId worker = NodeId.create();
    Subject subject = Subject.of(new ChunkId(job, 7), worker, 3, TRAIL);
    JsonNode fields = new ObjectMapper().readTree(line("chunk transcribed {}", null, subject));
    assertEquals(
        List.of(
            "time",
            "level",
            "logger",
            "message",
            "node",
            "request_id",
            "trace_id",
            "job_id",
            "chunk",
            "work_node",
            "attempt"),
        names(fields));
    assertTrue(fields.get("time").asText().matches("\\d{4}-\\d\\d-\\d\\dT[\\d:]{8}\\.\\d{3}Z"));
    assertEquals("INFO", fields.get("level").asText());
    assertEquals("io.sotto.worker.Workbench", fields.get("logger").asText());
    assertEquals("chunk transcribed " + subject, fields.get("message").asText());
    assertEquals(self.toString(), fields.get("node").asText());
    assertEquals("r-1", fields.get("request_id").asText());
    assertEquals("4bf92f3577b34da6a3ce929d0e0e4736", fields.get("trace_id").asText());
    assertEquals(job.toString(), fields.get("job_id").asText());
    assertEquals(7, fields.get("chunk").asInt());
    assertEquals(worker.toString(), fields.get("work_node").asText());
    assertEquals(3, fields.get("attempt").asInt());
  }

  @Test
  void whatIsNotKnownIsLeftOutAndAnErrorIsOneLine() throws IOException {
    String line = line("a file \n{\"level\":\"forged\"}", new IOException("a\r\nb"));
    assertEquals(1, line.lines().count(), line);
    JsonNode fields = new ObjectMapper().readTree(line);
    assertEquals(List.of("time", "level", "logger", "message", "node", "error"), names(fields));
    assertTrue(fields.get("error").asText().contains("LogFormatTest"));
    assertEquals("INFO", fields.get("level").asText());
  }
}
