package io.sotto.it;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The project's Dockerfile, instruction by instruction. */
record Dockerfile(List<Instruction> instructions) {
  /** {@code stage} is the name of the FROM it stands under, "" above all of them. */
  record Instruction(String stage, String name, String arguments) {}

  static Dockerfile read() throws IOException {
    String text = Files.readString(Recordings.HOME.resolve("Dockerfile"));
    List<Instruction> found = new ArrayList<>();
    String stage = "";
    for (String line : text.replaceAll("\\\\\\n\\s*", " ").lines().toList()) {
      if (line.isBlank() || line.startsWith("#")) {
        continue;
      }
      String[] sides = line.split("\\s+", 2);
      if (sides[0].equals("FROM")) {
        stage = sides[1].substring(sides[1].lastIndexOf(' ') + 1);
      }
      found.add(new Instruction(stage, sides[0], sides[1].strip()));
    }
    return new Dockerfile(List.copyOf(found));
  }

  /** Arguments of all {@code name} instructions of a stage. */
  List<String> all(String stage, String name) {
    return instructions.stream()
        .filter(one -> one.stage().equals(stage) && one.name().equals(name))
        .map(Instruction::arguments)
        .toList();
  }

  Map<String, String> environment(String stage) {
    Map<String, String> values = new LinkedHashMap<>();
    for (String line : all(stage, "ENV")) {
      for (String pair : line.split("\\s+")) {
        String[] sides = pair.split("=", 2);
        values.put(sides[0], sides[1]);
      }
    }
    return values;
  }

  /** The command of a stage's HEALTHCHECK. */
  List<String> healthcheck(String stage) throws IOException {
    String line = all(stage, "HEALTHCHECK").getFirst();
    return List.of(new ObjectMapper().readValue(line.substring(line.indexOf('[')), String[].class));
  }
}
