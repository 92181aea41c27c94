package io.sotto.node;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertPathValidator;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Certificates and keys as PEM files, and whether a set of them fits together. */
public final class PemFiles {
  private static final Pattern KEY =
      Pattern.compile("-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\\s]+)-----END PRIVATE KEY-----");

  private PemFiles() {}

  static void check(Path certificate, Path key, Path ca) {
    try {
      List<X509Certificate> chain = certificates(certificate);
      PKIXParameters trusted =
          new PKIXParameters(
              certificates(ca).stream()
                  .map(one -> new TrustAnchor(one, null))
                  .collect(Collectors.toSet()));
      trusted.setRevocationEnabled(false);
      CertPathValidator.getInstance("PKIX")
          .validate(CertificateFactory.getInstance("X.509").generateCertPath(chain), trusted);
      PublicKey own = chain.getFirst().getPublicKey();
      if (!fits(privateKey(key, own.getAlgorithm()), own)) {
        throw new ConfigException(List.of(key + " is not the key of " + certificate));
      }
    } catch (IOException e) {
      throw new ConfigException(List.of("cannot read " + e.getMessage()));
    } catch (GeneralSecurityException e) {
      throw new ConfigException(
          List.of(certificate + " is not a valid certificate of " + ca + ": " + e.getMessage()));
    }
  }

  /** At least one certificate, in the file's order. */
  public static List<X509Certificate> certificates(Path file)
      throws IOException, GeneralSecurityException {
    try (InputStream in = Files.newInputStream(file)) {
      List<X509Certificate> found =
          CertificateFactory.getInstance("X.509").generateCertificates(in).stream()
              .map(X509Certificate.class::cast)
              .toList();
      if (found.isEmpty()) {
        throw new GeneralSecurityException(file + " holds no certificate");
      }
      return found;
    }
  }

  /** A key in PKCS#8; {@code algorithm}: RSA, EC, … */
  public static PrivateKey privateKey(Path file, String algorithm)
      throws IOException, GeneralSecurityException {
    Matcher pem = KEY.matcher(Files.readString(file));
    if (!pem.find()) {
      throw new GeneralSecurityException(
          file + " holds no key in PKCS#8 (openssl pkcs8 -topk8 -nocrypt makes one)");
    }
    byte[] bytes = Base64.getMimeDecoder().decode(pem.group(1));
    return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(bytes));
  }

  private static boolean fits(PrivateKey key, PublicKey own) throws GeneralSecurityException {
    String algorithm =
        switch (own.getAlgorithm()) {
          case "EC" -> "SHA256withECDSA";
          case "RSA" -> "SHA256withRSA";
          default -> own.getAlgorithm();
        };
    byte[] probe = "probe".getBytes(StandardCharsets.US_ASCII);
    Signature signing = Signature.getInstance(algorithm);
    signing.initSign(key);
    signing.update(probe);
    byte[] signature = signing.sign();
    Signature checking = Signature.getInstance(algorithm);
    checking.initVerify(own);
    checking.update(probe);
    return checking.verify(signature);
  }

  /** {@code what}: CERTIFICATE or PRIVATE KEY. */
  public static String pem(String what, byte[] der) {
    Base64.Encoder lines = Base64.getMimeEncoder(64, new byte[] {'\n'});
    return "-----BEGIN %s-----\n%s\n-----END %s-----\n"
        .formatted(what, lines.encodeToString(der), what);
  }
}
