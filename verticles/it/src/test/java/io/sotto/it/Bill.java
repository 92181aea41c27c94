package io.sotto.it;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The bill of materials that the build made of the product (CycloneDX, JSON). */
final class Bill {
  static final Path NODE = Recordings.HOME.resolve("verticles/node/target");
  static final Path FILE = NODE.resolve("sotto.cdx.json");
  private static final Pattern CLASSIFIER = Pattern.compile("[?&]classifier=([^&]+)");

  private Bill() {}

  /**
   * A library of the product.
   *
   * @param file name of its jar
   * @param sha256 of the jar, in hex
   * @param licences as their owner names them: identifiers of SPDX where it has one. One of several
   *     is chosen.
   */
  record Library(
      String group, String name, String version, String file, String sha256, Set<String> licences) {
    boolean own() {
      return group.equals("io.sotto");
    }

    @Override
    public String toString() {
      return group + ":" + name + ":" + version + " " + licences;
    }
  }

  static List<Library> read() throws IOException {
    List<Library> libraries = new ArrayList<>();
    JsonNode bill = new ObjectMapper().readTree(Files.readString(FILE));
    bill.path("components").forEach(one -> libraries.add(library(one)));
    libraries.add(library(bill.at("/metadata/component")));
    return libraries;
  }

  private static Library library(JsonNode one) {
    String name = one.path("name").asText();
    String version = one.path("version").asText();
    Matcher classifier = CLASSIFIER.matcher(one.path("purl").asText());
    String end = classifier.find() ? "-" + classifier.group(1) : "";
    String file = name + "-" + version + end + ".jar";
    return new Library(one.path("group").asText(), name, version, file, sha256(one), licences(one));
  }

  private static String sha256(JsonNode one) {
    for (JsonNode hash : one.path("hashes")) {
      if (hash.path("alg").asText().equals("SHA-256")) {
        return hash.path("content").asText();
      }
    }
    return "";
  }

  private static Set<String> licences(JsonNode one) {
    Set<String> licences = new TreeSet<>();
    for (JsonNode each : one.path("licenses")) {
      JsonNode licence = each.path("license");
      for (JsonNode named :
          List.of(licence.path("id"), licence.path("name"), each.path("expression"))) {
        if (!named.isMissingNode()) {
          licences.add(named.asText());
        }
      }
    }
    return licences;
  }
}
