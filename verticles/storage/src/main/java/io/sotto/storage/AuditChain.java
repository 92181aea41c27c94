package io.sotto.storage;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * The hash of an audit row: SHA-256 over the hash of the row before it and every column, each with
 * its length, so that no two rows look alike.
 */
final class AuditChain {
  static final int HASH_BYTES = 32;

  private AuditChain() {}

  /** {@code line} is taken as it stands, its own hash aside. */
  static byte[] hash(byte[] before, AuditLog.Line line) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.write(before);
      out.writeLong(line.seq());
      out.writeLong(ChronoUnit.MICROS.between(Instant.EPOCH, line.at()));
      text(out, line.node());
      text(out, line.action());
      Long tenant = line.tenant();
      text(out, tenant == null ? "" : tenant.toString());
      text(out, line.actor());
      text(out, line.address());
      text(out, line.subject());
      text(out, line.detail());
      out.writeLong(line.times());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return Digests.sha256().digest(bytes.toByteArray());
  }

  private static void text(DataOutputStream out, String value) throws IOException {
    byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
    out.writeInt(bytes.length);
    out.write(bytes);
  }
}
