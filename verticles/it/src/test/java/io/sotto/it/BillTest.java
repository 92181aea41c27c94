package io.sotto.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * The product's libraries: the bill of materials is true, each may be used commercially and is
 * named in THIRD_PARTY.md, and those that belong together have one version.
 */
class BillTest {
  /**
   * Licences under which a product may use a library as it is, also for money and without giving
   * its own source away. A library may be had under each of those that it names: one of them is
   * enough.
   */
  private static final Set<String> ALLOWED =
      Set.of(
          "0BSD",
          "Apache-2.0",
          "BSD-2-Clause",
          "BSD-3-Clause",
          "CC0-1.0",
          "EPL-1.0",
          "EPL-2.0",
          "MIT",
          "MIT-0");

  /** Groups, or the begin of them, whose libraries are made for each other. */
  private static final List<String> FAMILIES =
      List.of(
          "io.vertx",
          "io.netty",
          "software.amazon.awssdk",
          "org.flywaydb",
          "io.micrometer",
          "io.prometheus",
          "tools.jackson");

  /** Those that were never published in the version of their family, and the one they have. */
  private static final Map<String, String> BEHIND = Map.of("io.vertx:vertx-opentelemetry", "5.0.8");

  private static final Pattern ROW = Pattern.compile("\\| ([^|]+) \\| ([^|]+) \\| ([^|]+) \\|");
  private static final Pattern GROUP = Pattern.compile("`([a-z0-9.-]+)`");
  private static List<Bill.Library> libraries;

  @BeforeAll
  static void read() throws IOException {
    assumeTrue(Files.exists(Bill.FILE), "no bill of materials: it is made by mvn package");
    libraries = Bill.read();
  }

  private static List<Bill.Library> ofOthers() {
    return libraries.stream().filter(library -> !library.own()).toList();
  }

  private static String sha256(Path file) throws Exception {
    return HexFormat.of()
        .formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
  }

  @Test
  void everyJarIsOnTheBillWithItsHash() throws Exception {
    Map<String, String> there = new TreeMap<>();
    try (Stream<Path> jars = Files.list(Bill.NODE.resolve("lib"))) {
      for (Path jar : jars.filter(file -> file.toString().endsWith(".jar")).toList()) {
        there.put(jar.getFileName().toString(), sha256(jar));
      }
    }
    // the jar that the bill is of is made beside it
    String own = libraries.getLast().file();
    assertTrue(there.remove(own) != null, own);
    Map<String, String> listed = new TreeMap<>();
    libraries.forEach(library -> listed.put(library.file(), library.sha256()));
    listed.remove(own);
    assertEquals(listed, there, "mvn clean removes jars of versions before");
  }

  private static boolean mayBeUsed(Bill.Library library) {
    return library.licences().stream().anyMatch(ALLOWED::contains);
  }

  @Test
  void everyLicenceAllowsCommercialUse() {
    List<Bill.Library> refused =
        ofOthers().stream().filter(library -> !mayBeUsed(library)).toList();
    assertEquals(List.of(), refused);
  }

  @Test
  void copyleftAloneOrNoLicenceAtAllIsRefused() {
    for (Set<String> licences :
        List.of(Set.of("GPL-2.0-or-later"), Set.of("AGPL-3.0-only"), Set.<String>of())) {
      assertFalse(mayBeUsed(new Bill.Library("group", "name", "1", "name-1.jar", "", licences)));
    }
  }

  /** The licences that THIRD_PARTY.md tells, by group. */
  private static Map<String, String> told() throws IOException {
    String page = Files.readString(Recordings.HOME.resolve("THIRD_PARTY.md"));
    String table = page.replaceAll("(?s).*\n## Libraries\n(.*?)\n## .*", "$1");
    Map<String, String> told = new TreeMap<>();
    Matcher rows = ROW.matcher(table);
    while (rows.find()) {
      Matcher groups = GROUP.matcher(rows.group(2));
      while (groups.find()) {
        told.put(groups.group(1), rows.group(3));
      }
    }
    return told;
  }

  private static boolean isOf(Bill.Library library, String group) {
    return (library.group() + ".").startsWith(group + ".");
  }

  @Test
  void everyLibraryIsToldWithItsLicence() throws IOException {
    Map<String, String> told = told();
    Set<String> idle = new TreeSet<>(told.keySet());
    for (Bill.Library library : ofOthers()) {
      List<String> groups = told.keySet().stream().filter(group -> isOf(library, group)).toList();
      assertEquals(1, groups.size(), () -> library + " is not in THIRD_PARTY.md, or twice");
      String licence = told.get(groups.getFirst());
      assertTrue(
          library.licences().stream().filter(ALLOWED::contains).anyMatch(licence::contains),
          () -> library + " is told with " + licence);
      idle.remove(groups.getFirst());
    }
    assertEquals(Set.of(), idle, "told, and no library of the product");
  }

  private static String id(Bill.Library library) {
    return library.group() + ":" + library.name();
  }

  private static boolean isBehind(Bill.Library library) {
    return library.version().equals(BEHIND.get(id(library)));
  }

  @Test
  void whatBelongsTogetherHasOneVersion() {
    Set<String> behind =
        ofOthers().stream()
            .filter(BillTest::isBehind)
            .map(BillTest::id)
            .collect(Collectors.toCollection(TreeSet::new));
    assertEquals(BEHIND.keySet(), behind, "named as behind, and not so any more");
    for (String family : FAMILIES) {
      Set<String> versions =
          ofOthers().stream()
              .filter(library -> isOf(library, family) && !isBehind(library))
              .map(Bill.Library::version)
              .collect(Collectors.toCollection(TreeSet::new));
      assertEquals(1, versions.size(), () -> family + ": " + versions);
    }
  }

  /** The second flavour of a library would hide the first, by the order of files in a folder. */
  @Test
  void noLibraryIsThereTwice() {
    Map<String, List<Bill.Library>> byName =
        ofOthers().stream()
            .collect(
                Collectors.groupingBy(
                    library -> library.group() + ":" + library.name().replaceAll("_gpu$", "")));
    byName.forEach((name, all) -> assertEquals(1, all.size(), all::toString));
  }
}
