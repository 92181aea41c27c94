package io.sotto.node;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The dependency rule of ARCHITECTURE.md: rooms meet in the protocol and see no more of the house
 * than they need.
 */
class ArchitectureTest {
  private static final List<String> VERTICLE_ROOMS =
      List.of("http", "ingest", "scheduler", "worker");
  private static JavaClasses house;

  @BeforeAll
  static void readTheHouse() {
    house =
        new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("io.sotto");
  }

  @ParameterizedTest
  @ValueSource(strings = {"http", "ingest", "scheduler", "worker"})
  void verticleRoomsNeverSeeOneAnother(String room) {
    String[] others =
        VERTICLE_ROOMS.stream()
            .filter(other -> !other.equals(room))
            .map(other -> "io.sotto." + other + "..")
            .toArray(String[]::new);
    noClasses()
        .that()
        .resideInAPackage("io.sotto." + room + "..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(others)
        .check(house);
  }

  @Test
  void theProtocolSeesNothingOfOurs() {
    noClasses()
        .that()
        .resideInAPackage("io.sotto.protocol")
        .should()
        .dependOnClassesThat(
            resideInAPackage("io.sotto..")
                .and(
                    com.tngtech.archunit.base.DescribedPredicate.not(
                        resideInAPackage("io.sotto.protocol"))))
        .check(house);
  }

  @Test
  void theEngineKnowsNoNetworkNoStoreAndNoVertx() {
    noClasses()
        .that()
        .resideInAPackage("io.sotto.engine..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "io.vertx..",
            "io.sotto.protocol..",
            "io.sotto.storage..",
            "software.amazon..",
            "java.net.http..")
        .check(house);
  }

  @Test
  void onlyTheEngineKnowsOnnxRuntime() {
    noClasses()
        .that()
        .resideOutsideOfPackage("io.sotto.engine..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("ai.onnxruntime..")
        .check(house);
  }

  @Test
  void onlyTheNodeReadsTheEnvironment() {
    noClasses()
        .that()
        .resideOutsideOfPackage("io.sotto.node..")
        .should()
        .callMethod(System.class, "getenv", String.class)
        .orShould()
        .callMethod(System.class, "getenv")
        .check(house);
  }

  @Test
  void onlyClusterBusTouchesTheEventBus() {
    noClasses()
        .that()
        .doNotHaveSimpleName("ClusterBus")
        .should()
        .callMethod(io.vertx.core.Vertx.class, "eventBus")
        .check(house);
  }

  /** Workers and ingest nodes hold no database password: of the stores they may see audio alone. */
  @ParameterizedTest
  @ValueSource(strings = {"ingest", "worker"})
  void roomsWithoutDatabaseCredentialsSeeNoJobStore(String room) {
    noClasses()
        .that()
        .resideInAPackage("io.sotto." + room + "..")
        .should()
        .dependOnClassesThat()
        .haveNameMatching("io\\.sotto\\.storage\\.(?!AudioStore|AudioFetcher|StoredAudio).*")
        .orShould()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "io.vertx.sqlclient..", "io.vertx.pgclient..", "org.postgresql..", "org.flywaydb..")
        .check(house);
  }

  @Test
  void sqlAndS3StayInTheStorageRoom() {
    classes()
        .that()
        .resideInAnyPackage(
            "io.sotto.http..", "io.sotto.scheduler..", "io.sotto.worker..", "io.sotto.ingest..")
        .should()
        .onlyDependOnClassesThat()
        .resideOutsideOfPackages(
            "io.vertx.sqlclient..", "io.vertx.pgclient..", "software.amazon..", "org.postgresql..")
        .check(house);
  }
}
