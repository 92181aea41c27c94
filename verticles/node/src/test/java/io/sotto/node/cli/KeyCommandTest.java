package io.sotto.node.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** A11: keys are made on the command line, and known to servers by their digest alone. */
class KeyCommandTest {
  private static int run(StringWriter out, String... arguments) {
    PrintWriter nowhere = new PrintWriter(new StringWriter());
    return new CommandLine(new SottoCommand())
        .setOut(new PrintWriter(out))
        .setErr(nowhere)
        .execute(arguments);
  }

  @Test
  void theLineHoldsTheDigestOfTheKeyThatIsShown() throws Exception {
    StringWriter out = new StringWriter();
    assertEquals(0, run(out, "key", "acme", "--tenant", "7"));
    List<String> lines = out.toString().lines().map(String::strip).toList();
    String key = lines.get(1);
    byte[] digest =
        MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
    assertEquals("tenant=7 name=acme sha256=" + HexFormat.of().formatHex(digest), lines.getLast());
    StringWriter other = new StringWriter();
    assertEquals(0, run(other, "key", "acme", "--tenant", "7"));
    assertTrue(!other.toString().contains(key), "no two are the same");
    assertEquals(2, run(out, "key", "a b"));
    assertEquals(2, run(out, "key", "acme", "--tenant", "0"));
  }
}
