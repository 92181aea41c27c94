package io.sotto.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Secrets follow their files, all of a change at a time, and only to what can be used. */
class SecretWatchTest {
  private static final String FIRST = "whsec_" + "Q".repeat(32);
  private static final String SECOND = "whsec_" + "R".repeat(32);
  @TempDir private Path folder;

  private static final String KEY = "one:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

  private Path write(String name, String value) throws IOException {
    return Files.writeString(folder.resolve(name), value);
  }

  @Test
  void aChangeIsTakenOnceItHasSettledAndOnlyWhole() throws IOException {
    Map<String, String> files =
        Map.of(
            "SOTTO_DATABASE_PASSWORD_FILE", write("password", "one\n").toString(),
            "SOTTO_S3_SECRET_KEY_FILE", write("s3", "key-one").toString(),
            "SOTTO_WEBHOOKS_SECRET_FILE", write("webhooks", FIRST).toString(),
            "SOTTO_WEBHOOKS_SECRET_KEYS_FILE", write("keys", KEY).toString());
    NodeConfig config = new ConfigLoader(files).load(null, Map.of());
    try (FileWatch watch = SecretWatch.of(config)) {
      write("password", "two\n");
      watch.look();
      assertEquals("one", config.database().password().value(), "it may still be written to");
      write("s3", "key-two");
      watch.look();
      assertEquals("one", config.database().password().value(), "something else came after it");
      watch.look();
      assertEquals("two", config.database().password().value());
      assertEquals("key-two", config.s3().secretKey().value());

      write("webhooks", "not a secret");
      write("password", "three");
      watch.look();
      watch.look();
      assertEquals("two", config.database().password().value(), "all of it or nothing");

      write("webhooks", SECOND + "," + FIRST);
      write("keys", "no key");
      watch.look();
      watch.look();
      assertEquals("two", config.database().password().value(), "nor with keys that are none");

      write("keys", KEY.replace("one:", "two:") + "\n" + KEY);
      watch.look();
      watch.look();
      assertEquals("three", config.database().password().value());
      assertEquals(2, config.webhooks().options().secrets().size());
      assertEquals("[two, one]", config.webhooks().sealingKeys().toString());

      Files.delete(folder.resolve("s3"));
      watch.look();
      watch.look();
      assertEquals("key-two", config.s3().secretKey().value());
    }
  }

  @Test
  void valuesOfTheCommandLineStay() throws IOException {
    Map<String, String> files =
        Map.of("SOTTO_S3_SECRET_KEY_FILE", write("s3", "of the file").toString());
    NodeConfig config =
        new ConfigLoader(files).load(null, Map.of("s3.secret-key", "of the command line"));
    List<Secret> followed = config.secrets().stream().filter(s -> s.file() != null).toList();
    assertEquals(List.of(), followed);
    assertEquals("of the command line", config.s3().secretKey().value());
    assertFalse(config.toString().contains("command line"), "never printed");
  }
}
