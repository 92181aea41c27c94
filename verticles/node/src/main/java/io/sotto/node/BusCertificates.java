package io.sotto.node;

import io.sotto.protocol.ClusterBus;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes renewed certificates of the bus while the node runs; unfit ones are left alone. */
final class BusCertificates {
  private static final Logger LOG = LoggerFactory.getLogger(BusCertificates.class);

  private BusCertificates() {}

  static FileWatch watch(BusTls tls, ClusterBus bus) {
    return new FileWatch(tls.files(), () -> renew(tls, bus)).start();
  }

  private static void renew(BusTls tls, ClusterBus bus) {
    try {
      tls.check();
    } catch (ConfigException unfit) {
      LOG.error("the bus keeps its certificates: {}", unfit.getMessage());
      return;
    }
    bus.renewCertificates(tls.server(), tls.client())
        .onSuccess(done -> LOG.info("bus certificates renewed from {}", tls.certificate()))
        .onFailure(failure -> LOG.error("the bus keeps its certificates", failure));
  }
}
