package io.sotto.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * No statement is put together from what somebody sent: what goes to the database is a constant of
 * this room, and values are bound.
 */
class SqlLintTest {
  private static final Path SOURCES = Path.of("src/main/java/io/sotto/storage");

  /** Calls that take SQL, and their first argument up to its comma or end. */
  private static final Pattern CALL =
      Pattern.compile(
          "(?:\\.preparedQuery|\\.query|\\.prepareStatement|\\.executeQuery|\\.executeUpdate|"
              + "\\.execute|[^.\\w]query|database\\.run)\\(\\s*(?:tx,|client,|pool,)?\\s*([^;]*)");

  /** A constant; a parameter of this room that holds one; a literal without anything added. */
  private static final Pattern CONSTANT =
      Pattern.compile(
          "(?s)(?:(?:\\w+\\.)?[A-Z][A-Z0-9_]*|sql|chunks|preparations|rule\\.sql\\(\\)|\"[^\"]*\"|\"\"\".*?\"\"\")\\s*[,)].*");

  private static final Pattern JOINED =
      Pattern.compile(
          "(?s)\"[^\"]*\\b(?i:select|insert into|update|delete from)\\b[^\"]*\"\\s*\\+\\s*[a-z]");

  private static List<Path> sources() throws IOException {
    try (Stream<Path> files = Files.walk(SOURCES)) {
      return files.filter(file -> file.toString().endsWith(".java")).sorted().toList();
    }
  }

  @Test
  void statementsAreConstants() throws IOException {
    List<String> suspects = new ArrayList<>();
    int calls = 0;
    for (Path file : sources()) {
      Matcher call = CALL.matcher(Files.readString(file));
      while (call.find()) {
        String argument = call.group(1).strip();
        if (!argument.startsWith(")")
            && !argument.isEmpty()
            && !argument.startsWith("SqlClient ")) {
          calls++;
          if (!CONSTANT.matcher(argument).matches()) {
            suspects.add(file.getFileName() + ": " + argument.lines().findFirst().orElse(""));
          }
        }
      }
    }
    assertEquals(List.of(), suspects);
    assertTrue(calls > 40, "calls looked at: " + calls);
  }

  @Test
  void nothingIsJoinedToAStatementWhereItIsUsed() throws IOException {
    List<String> suspects = new ArrayList<>();
    for (Path file : sources()) {
      Matcher joined = JOINED.matcher(Files.readString(file));
      while (!file.toString().endsWith("Sql.java") && joined.find()) {
        suspects.add(file.getFileName() + ": " + joined.group());
      }
    }
    assertEquals(List.of(), suspects);
  }

  /** Classes of statements put them together, of their own constants, by enums at most. */
  @Test
  void classesOfStatementsTakeNoText() throws Exception {
    List<String> suspects = new ArrayList<>();
    int classes = 0;
    for (Path file : sources()) {
      String name = file.getFileName().toString().replace(".java", "");
      if (name.endsWith("Sql")) {
        classes++;
        for (Method method : Class.forName("io.sotto.storage." + name).getDeclaredMethods()) {
          boolean open = !Modifier.isPrivate(method.getModifiers());
          if (open && List.of(method.getParameterTypes()).contains(String.class)) {
            suspects.add(method.toString());
          }
        }
      }
    }
    assertEquals(List.of(), suspects);
    assertTrue(classes >= 5, "classes looked at: " + classes);
  }
}
