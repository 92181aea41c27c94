package io.sotto.node;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A folder with a private CA and the certificates it gave out, as PEM: {@code ca.pem}, {@code
 * ca-key.pem}, and {@code NAME.pem}, {@code NAME-key.pem} of each holder. The JDK's keytool makes
 * them. Keys are files of mode 0600.
 */
public final class CertificateFolder {
  private static final String CA = "ca";
  private static final int CA_DAYS = 3650;
  private static final int KEYTOOL_S = 60;
  private static final String ALGORITHM = "EC";

  private final Path folder;

  private CertificateFolder(Path folder) {
    this.folder = folder;
  }

  /** Opens {@code folder}, with a new CA where it has none. */
  public static CertificateFolder open(Path folder) throws IOException, InterruptedException {
    Files.createDirectories(folder);
    CertificateFolder opened = new CertificateFolder(folder);
    if (Files.notExists(opened.certificate(CA))) {
      try (Workshop shop = Workshop.open(null)) {
        shop.make(
            CA,
            List.of("-dname", "CN=Sotto private CA", "-validity", Integer.toString(CA_DAYS)),
            "bc:critical=ca:true,pathlen:0",
            "ku:critical=keyCertSign,cRLSign");
        opened.save(shop.entry(CA), CA);
      }
    }
    return opened;
  }

  /**
   * A new key and certificate for {@code name}, in place of an earlier one's; {@code hosts} are
   * names and addresses it may be reached at.
   */
  public void issue(String name, List<String> hosts, int days)
      throws IOException, InterruptedException {
    if (!name.matches("[a-z0-9][a-z0-9.-]{0,62}") || name.equals(CA)) {
      throw new IllegalArgumentException(
          name + ": a name has lower-case letters, digits, '.', '-', and is not " + CA);
    }
    try (Workshop shop = Workshop.open(this)) {
      shop.make(
          name,
          List.of("-signer", CA, "-dname", "CN=" + name, "-validity", Integer.toString(days)),
          "eku=serverAuth,clientAuth",
          "ku:critical=digitalSignature",
          "san=" + hosts.stream().map(CertificateFolder::san).collect(Collectors.joining(",")));
      save(shop.entry(name), name);
    }
  }

  private static String san(String host) {
    boolean address = host.matches("[0-9.]+") || host.contains(":");
    return (address ? "ip:" : "dns:") + host;
  }

  public Path certificate(String name) {
    return folder.resolve(name + ".pem");
  }

  public Path key(String name) {
    return folder.resolve(name + "-key.pem");
  }

  public Path ca() {
    return certificate(CA);
  }

  private void save(KeyStore.PrivateKeyEntry entry, String name) throws IOException {
    try {
      String certificate = PemFiles.pem("CERTIFICATE", entry.getCertificate().getEncoded());
      String key = PemFiles.pem("PRIVATE KEY", entry.getPrivateKey().getEncoded());
      write(key(name), key, "rw-------");
      write(certificate(name), certificate, "rw-r--r--");
    } catch (GeneralSecurityException e) {
      throw new IOException("the certificate of " + name + " cannot be written", e);
    }
  }

  /** Whole or not at all, and never readable by others for a moment. */
  private void write(Path file, String text, String mode) throws IOException {
    Path fresh =
        Files.createTempFile(
            folder,
            ".fresh",
            "",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(fresh, text);
    Files.setPosixFilePermissions(fresh, PosixFilePermissions.fromString(mode));
    Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
  }

  /** A key store that keytool works in, for a moment, in a folder that nobody else may read. */
  private record Workshop(Path folder, String password) implements AutoCloseable {
    private static final int PASSWORD_BYTES = 24;

    /** With the CA of {@code known} in it, where one is given. */
    static Workshop open(@Nullable CertificateFolder known) throws IOException {
      byte[] random = new byte[PASSWORD_BYTES];
      new SecureRandom().nextBytes(random);
      Workshop shop =
          new Workshop(
              Files.createTempDirectory("sotto-certs"),
              Base64.getUrlEncoder().withoutPadding().encodeToString(random));
      Files.writeString(shop.passwordFile(), shop.password);
      if (known != null) {
        shop.bring(known);
      }
      return shop;
    }

    private Path passwordFile() {
      return folder.resolve("password");
    }

    private Path store() {
      return folder.resolve("store.p12");
    }

    private void bring(CertificateFolder known) throws IOException {
      try (OutputStream out = Files.newOutputStream(store())) {
        PrivateKey key = PemFiles.privateKey(known.key(CA), ALGORITHM);
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setKeyEntry(
            CA,
            key,
            password.toCharArray(),
            PemFiles.certificates(known.ca()).toArray(Certificate[]::new));
        store.store(out, password.toCharArray());
      } catch (GeneralSecurityException e) {
        throw new IOException("the CA in " + known.folder + " cannot be used", e);
      }
    }

    void make(String alias, List<String> options, String... extensions)
        throws IOException, InterruptedException {
      List<String> command = new ArrayList<>();
      command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
      command.addAll(List.of("-genkeypair", "-alias", alias, "-keystore", store().toString()));
      command.addAll(List.of("-storetype", "PKCS12", "-storepass:file", passwordFile().toString()));
      command.addAll(List.of("-keyalg", ALGORITHM, "-groupname", "secp256r1"));
      command.addAll(options);
      for (String extension : extensions) {
        command.addAll(List.of("-ext", extension));
      }
      Path said = folder.resolve("keytool.log");
      Process keytool =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(said.toFile())
              .start();
      if (!keytool.waitFor(KEYTOOL_S, TimeUnit.SECONDS) || keytool.exitValue() != 0) {
        keytool.destroyForcibly();
        throw new IOException("keytool failed: " + Files.readString(said).strip());
      }
    }

    KeyStore.PrivateKeyEntry entry(String alias) throws IOException {
      try (InputStream in = Files.newInputStream(store())) {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(in, password.toCharArray());
        return (KeyStore.PrivateKeyEntry)
            store.getEntry(alias, new KeyStore.PasswordProtection(password.toCharArray()));
      } catch (GeneralSecurityException e) {
        throw new IOException("keytool's store cannot be read", e);
      }
    }

    @Override
    public void close() throws IOException {
      try (var files = Files.list(folder)) {
        for (Path file : files.toList()) {
          Files.delete(file);
        }
      }
      Files.delete(folder);
    }
  }
}
