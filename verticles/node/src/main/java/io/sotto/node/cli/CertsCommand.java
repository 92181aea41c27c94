package io.sotto.node.cli;

import io.sotto.node.CertificateFolder;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code sotto certs}: a private CA, and certificates of it for the nodes' event bus. */
@Command(
    name = "certs",
    description = {
      "Makes a private CA in a folder, unless it is there, and a key and certificate for each"
          + " name.",
      "Run again, it renews the names given. Keep ca-key.pem where no node can read it."
    },
    mixinStandardHelpOptions = true)
final class CertsCommand implements Callable<Integer> {
  private static final int DAYS_MAX = 825;

  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "DIR", description = "Where ca.pem and the certificates go.")
  private Path folder;

  @Option(
      names = "--name",
      paramLabel = "NAME,…",
      split = ",",
      defaultValue = "node",
      description = "Holders, a file each (default: ${DEFAULT-VALUE}).")
  private List<String> names;

  @Option(
      names = "--host",
      paramLabel = "HOST,…",
      split = ",",
      defaultValue = "localhost,127.0.0.1",
      description = "Names and addresses they are reached at (default: ${DEFAULT-VALUE}).")
  private List<String> hosts;

  @Option(
      names = "--days",
      paramLabel = "N",
      defaultValue = "90",
      description = "How long they are valid, 1 to 825 (default: ${DEFAULT-VALUE}).")
  private int days;

  @Override
  public Integer call() throws Exception {
    if (days < 1 || days > DAYS_MAX) {
      throw new ParameterException(
          spec.commandLine(), "--days: " + days + " is not between 1 and " + DAYS_MAX);
    }
    PrintWriter out = spec.commandLine().getOut();
    CertificateFolder certificates = CertificateFolder.open(folder);
    for (String name : names) {
      issue(certificates, name);
      out.println("SOTTO_CLUSTER_TLS_CERTIFICATE=" + certificates.certificate(name));
      out.println("SOTTO_CLUSTER_TLS_KEY=" + certificates.key(name));
    }
    out.println("SOTTO_CLUSTER_TLS_CA=" + certificates.ca());
    out.flush();
    return 0;
  }

  private void issue(CertificateFolder certificates, String name) throws Exception {
    try {
      certificates.issue(name, hosts, days);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage());
    }
  }
}
