package io.sotto.protocol.net;

import java.net.InetAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Tells addresses of the public internet from all others, after IANA's registries of special
 * purpose addresses. What carries an IPv4 address inside an IPv6 one is refused as a whole: it
 * leads wherever a translator leads it. Pure.
 */
public final class PublicAddress {
  private static final List<Range> SPECIAL =
      List.of(
          range("0.0.0.0", 8, "this network"),
          range("10.0.0.0", 8, "private"),
          range("100.64.0.0", 10, "shared by carriers"),
          range("127.0.0.0", 8, "loopback"),
          range("168.63.129.16", 32, "a cloud's own"),
          range("169.254.0.0", 16, "link-local"),
          range("172.16.0.0", 12, "private"),
          range("192.0.0.0", 24, "for protocols"),
          range("192.0.2.0", 24, "for documentation"),
          range("192.88.99.0", 24, "a 6to4 relay"),
          range("192.168.0.0", 16, "private"),
          range("198.18.0.0", 15, "for benchmarks"),
          range("198.51.100.0", 24, "for documentation"),
          range("203.0.113.0", 24, "for documentation"),
          range("224.0.0.0", 4, "multicast"),
          range("240.0.0.0", 4, "reserved"),
          range("::", 128, "unspecified"),
          range("::1", 128, "loopback"),
          range("64:ff9b::", 96, "translated to IPv4"),
          range("64:ff9b:1::", 48, "translated to IPv4"),
          range("100::", 64, "discarded"),
          range("2001::", 32, "a Teredo tunnel"),
          range("2001::", 23, "for protocols"),
          range("2001:db8::", 32, "for documentation"),
          range("2002::", 16, "a 6to4 tunnel"),
          range("3fff::", 20, "for documentation"),
          range("fc00::", 7, "private"),
          range("fe80::", 10, "link-local"),
          range("fec0::", 10, "site-local"),
          range("ff00::", 8, "multicast"));

  private static final int IPV6_BYTES = 16;

  private PublicAddress() {}

  private record Range(InetAddress first, int bits, String kind) {
    boolean holds(byte[] address) {
      byte[] prefix = first.getAddress();
      if (prefix.length != address.length) {
        return false;
      }
      int whole = bits / Byte.SIZE;
      for (int i = 0; i < whole; i++) {
        if (prefix[i] != address[i]) {
          return false;
        }
      }
      int rest = Byte.SIZE - bits % Byte.SIZE;
      return rest == Byte.SIZE || (prefix[whole] & 0xff) >> rest == (address[whole] & 0xff) >> rest;
    }
  }

  private static Range range(String first, int bits, String kind) {
    return new Range(InetAddress.ofLiteral(first), bits, kind);
  }

  /** What kind of address this is when it is not a public one; null when it is. */
  public static @Nullable String special(InetAddress address) {
    return special(address.getAddress());
  }

  /** The same of 4 or 16 bytes in network order. */
  static @Nullable String special(byte[] address) {
    for (Range range : SPECIAL) {
      if (range.holds(address)) {
        return range.kind;
      }
    }
    boolean unicast = address.length < IPV6_BYTES || (address[0] & 0xe0) == 0x20;
    return unicast ? null : "outside of global unicast (2000::/3)";
  }
}
