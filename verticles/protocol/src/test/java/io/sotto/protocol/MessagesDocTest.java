package io.sotto.protocol;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/**
 * docs/messages.md holds the bytes of every message as they are frozen for this version. A
 * difference here is a difference on the wire between two releases: add a record of the next
 * version instead. {@code -Dsotto.write-docs=true} writes it anew.
 */
class MessagesDocTest {
  private static final Path DOC = Path.of(System.getProperty("sotto.home"), "docs", "messages.md");

  @Test
  void saysWhatIsOnTheWire() throws IOException {
    String expected = document();
    if (Boolean.getBoolean("sotto.write-docs")) {
      Files.writeString(DOC, expected);
    }
    assertEquals(expected, Files.readString(DOC), "docs/messages.md is stale");
  }

  private static String document() {
    StringBuilder text =
        new StringBuilder(
            """
            # Messages on the event bus

            Written by `MessagesDocTest` from the records themselves. Codec name, kind, and one example as it is on the wire: a
            4-byte big-endian length, then this JSON. Readers ignore fields they do not know; a released record is never changed,
            it gets a successor of the next version. Audio is never in a message.

            Commands and reports have two headers, each of them left out where it is not known: `request-id`, the id of the HTTP
            request that the work comes from, and `traceparent`, the W3C trace context of the span that it belongs to. They are
            kept with the job, so that whoever works on it later has them too, and stand in every line of the log about it
            as `request=` and `trace=`. A reader that does not know them loses nothing else.

            """);
    for (ClusterMessage message : Examples.all()) {
      String kind = message.getClass().getInterfaces()[0].getSimpleName();
      text.append("## `" + new RecordCodec<>(message.getClass()).name() + "` (" + kind + ")\n\n");
      text.append("```json\n" + ProtocolJson.write(message) + "\n```\n\n");
    }
    return text.toString().stripTrailing() + "\n";
  }
}
