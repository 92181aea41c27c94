package io.sotto.node;

import io.sotto.storage.SealingKeys;
import io.sotto.storage.WebhookSecret;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes secrets again whose files have changed: the login of the database, the keys of S3, the
 * secret of webhooks, the keys that clients' secrets are stored under. All of a change or nothing.
 * The cluster's secret is what members met under, and changes with a restart.
 */
final class SecretWatch {
  private static final Logger LOG = LoggerFactory.getLogger(SecretWatch.class);
  private static final String CLUSTER = "cluster.secret";
  private static final String WEBHOOKS = "webhooks.secret";
  private static final String SEALING = "webhooks.secret-keys";

  private final List<Secret> secrets;

  private SecretWatch(List<Secret> secrets) {
    this.secrets = secrets;
  }

  static FileWatch start(NodeConfig config) {
    return of(config).start();
  }

  /** The watch, for whoever looks by himself. */
  static FileWatch of(NodeConfig config) {
    List<Secret> kept =
        config.secrets().stream()
            .filter(secret -> secret.file() != null && !secret.key().equals(CLUSTER))
            .toList();
    List<Path> files = kept.stream().map(Secret::file).filter(Objects::nonNull).toList();
    return new FileWatch(files, new SecretWatch(kept)::renew);
  }

  /** Each reason to leave everything as it is stands in the log, the secret never does. */
  void renew() {
    Map<Secret, String> read = new LinkedHashMap<>();
    for (Secret secret : secrets) {
      try {
        String value = Files.readString(Objects.requireNonNull(secret.file())).strip();
        if (!fits(secret, value)) {
          return;
        }
        read.put(secret, value);
      } catch (IOException e) {
        LOG.error("secrets stay as they were: cannot read {}", secret.file());
        return;
      }
    }
    read.forEach(SecretWatch::take);
  }

  private static boolean fits(Secret secret, String value) {
    if (value.isEmpty()) {
      LOG.error("secrets stay as they were: {} is empty", secret.file());
      return false;
    }
    try {
      switch (secret.key()) {
        case WEBHOOKS -> WebhookSecret.parseAll(value);
        case SEALING -> SealingKeys.parse(value);
        default -> {}
      }
      return true;
    } catch (IllegalArgumentException e) {
      LOG.error("secrets stay as they were: {}: {}", secret.key(), e.getMessage());
      return false;
    }
  }

  private static void take(Secret secret, String value) {
    if (!value.equals(secret.value())) {
      secret.renew(value);
      LOG.info("{} was read again", secret.key());
    }
  }
}
