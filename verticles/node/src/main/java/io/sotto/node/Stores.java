package io.sotto.node;

import io.sotto.embedded.EmbeddedStores;
import io.sotto.storage.ConnectionLimits;
import io.sotto.storage.Migrations;
import io.sotto.storage.PgOptions;
import io.sotto.storage.S3Options;
import org.jspecify.annotations.Nullable;

/** Where jobs and audio lie: the servers configured, or the ones embedded in this data folder. */
final class Stores implements AutoCloseable {
  private final NodeConfig config;
  private final @Nullable EmbeddedStores embedded;

  private Stores(NodeConfig config, @Nullable EmbeddedStores embedded) {
    this.config = config;
    this.embedded = embedded;
  }

  /** Opens what the node's roles need; {@code migrate} brings the schema up to date. */
  static Stores open(NodeConfig config, boolean migrate) {
    boolean database = config.node().has(Role.HTTP) || config.node().has(Role.SCHEDULER);
    boolean audio = database || config.node().has(Role.INGEST);
    boolean embed = database && config.database().embedded() || audio && config.s3().embedded();
    NodeConfig.Node node = config.node();
    Stores stores =
        new Stores(config, embed ? EmbeddedStores.open(node.data(), node.cache()) : null);
    if (database && migrate) {
      stores.prepareDatabase();
    }
    return stores;
  }

  private void prepareDatabase() {
    NodeConfig.Database own = config.database();
    if (!own.embedded()) {
      ConnectionLimits.check(postgres(), own.nodesMax());
    }
    if (own.embedded() || own.migrate()) {
      Migrations.run(postgres());
    } else {
      Migrations.check(postgres());
    }
  }

  /** Opens the database for a look, and S3 too where {@code audio}; leaves the schema as it is. */
  static Stores visit(NodeConfig config, boolean audio) {
    boolean embed = config.database().embedded() || audio && config.s3().embedded();
    NodeConfig.Node node = config.node();
    return new Stores(config, embed ? EmbeddedStores.visit(node.data(), node.cache()) : null);
  }

  PgOptions postgres() {
    NodeConfig.Database own = config.database();
    if (embedded != null && own.embedded()) {
      PgOptions found = embedded.postgres();
      return new PgOptions(
          found.host(),
          found.port(),
          found.database(),
          found.login(),
          own.poolSize(),
          found.sslMode(),
          null);
    }
    return new PgOptions(
        own.host(),
        own.port(),
        own.name(),
        () -> new PgOptions.Login(own.user().value(), own.password().value()),
        own.poolSize(),
        own.sslMode(),
        own.sslCa());
  }

  S3Options s3() {
    NodeConfig.S3 own = config.s3();
    if (embedded != null && own.embedded()) {
      return embedded.s3();
    }
    return new S3Options(
        own.endpoint(),
        own.region(),
        own.bucket(),
        () -> new S3Options.Keys(own.accessKey().value(), own.secretKey().value()),
        own.pathStyle());
  }

  @Override
  public void close() {
    if (embedded != null) {
      embedded.close();
    }
  }
}
