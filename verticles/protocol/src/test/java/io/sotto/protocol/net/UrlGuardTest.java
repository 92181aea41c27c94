package io.sotto.protocol.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Future;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which URLs of clients are connected to, and which never. */
class UrlGuardTest {
  private final UrlGuard strict = new UrlGuard(UrlGuard.Policy.STRICT);
  private final UrlGuard open = new UrlGuard(new UrlGuard.Policy(true, true, Set.of(8080)));

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://hooks.example.com",
        "https://hooks.example.com/",
        "https://HOOKS.example.COM/a/b?c=d&e=f",
        "https://hooks.example.com:443/a%20b",
        "HTTPS://hooks.example.com/x",
        "https://xn--bcher-kva.example/a",
        "https://1st.example/a",
        "https://8.8.8.8/a",
        "https://[2606:4700:4700::1111]/a"
      })
  void aPublicUrlPasses(String url) {
    assertTrue(strict.check(url).tls());
    assertEquals(443, strict.check(url).port());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        // not a URL of ours
        "",
        "hooks.example.com",
        "//hooks.example.com/a",
        "https:",
        "https://",
        "https:///a",
        "https:hooks.example.com",
        "http://hooks.example.com/a",
        "ftp://hooks.example.com/a",
        "file:///etc/passwd",
        "gopher://hooks.example.com/_x",
        "javascript:alert(1)",
        "jar:https://hooks.example.com/a!/b",
        // what hides another host
        "https://user@hooks.example.com/",
        "https://user:word@hooks.example.com/",
        "https://hooks.example.com@127.0.0.1/",
        "https://hooks.example.com:443@127.0.0.1/",
        "https://127.0.0.1#@hooks.example.com/",
        "https://hooks.example.com/#fragment",
        "https://hooks.example.com\\@127.0.0.1/",
        "https://hooks.example.com /",
        "https://hooks.example.com/\r\nHost: inner",
        "https://hooks%2eexample.com/",
        "https://127.0.0.1%2f@hooks.example.com/",
        // ports
        "https://hooks.example.com:0/",
        "https://hooks.example.com:22/",
        "https://hooks.example.com:80/",
        "https://hooks.example.com:5432/",
        "https://hooks.example.com:8443/",
        "https://hooks.example.com:65979/",
        // inner names
        "https://localhost/",
        "https://LOCALHOST/",
        "https://localhost./",
        "https://a.localhost/",
        "https://intranet/",
        "https://printer.local/",
        "https://metadata.google.internal/",
        "https://nas.home.arpa/",
        "https://hooks.example.com./",
        "https://hooks..example.com/",
        "https://-hooks.example.com/",
        "https://my_hooks.example.com/",
        // numbers that programs read as addresses
        "https://0x7f.1/",
        "https://0x7f000001/",
        "https://0x7f.0.0.1/",
        "https://2130706433/",
        "https://017700000001/",
        "https://0177.0.0.1/",
        "https://127.1/",
        "https://127.0.1/",
        "https://127.0.0.1./",
        "https://0/",
        "https://256.1.1.1/",
        "https://1.2.3.4.5/",
        "https://hooks.0x1/",
        "https://１２７.0.0.1/",
        "https://①②⑦.⓪.⓪.①/",
        "https://bücher.example/",
        "https://example。com/",
        // addresses that are not public
        "https://127.0.0.1/",
        "https://127.255.255.254/",
        "https://0.0.0.0/",
        "https://10.0.0.1/",
        "https://100.64.0.1/",
        "https://100.100.100.200/",
        "https://169.254.169.254/latest/meta-data",
        "https://172.16.0.1/",
        "https://172.31.255.255/",
        "https://168.63.129.16/",
        "https://192.0.0.192/",
        "https://192.168.1.1/",
        "https://198.18.0.1/",
        "https://203.0.113.7/",
        "https://224.0.0.1/",
        "https://255.255.255.255/",
        "https://[::]/",
        "https://[::1]/",
        "https://[0:0:0:0:0:0:0:1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:8.8.8.8]/",
        "https://[::ffff:7f00:1]/",
        "https://[::127.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[64:ff9b:1::1]/",
        "https://[2002:7f00:1::]/",
        "https://[2001::1]/",
        "https://[2001:db8::1]/",
        "https://[fc00::1]/",
        "https://[fd00:ec2::254]/",
        "https://[fe80::1]/",
        "https://[fe80::1%25eth0]/",
        "https://[fec0::1]/",
        "https://[ff02::1]/",
        "https://[4000::1]/"
      })
  void everyOtherIsRefusedWithAReason(String url) {
    UrlRefused refused = assertThrows(UrlRefused.class, () -> strict.check(url));
    assertTrue(refused.reason().length() > 20, refused::reason);
  }

  @Test
  void tooLongIsRefused() {
    String url = "https://hooks.example.com/" + "a".repeat(2_000);
    assertThrows(UrlRefused.class, () -> strict.check(url));
    String host = "a.".repeat(130) + "example";
    assertThrows(UrlRefused.class, () -> strict.check("https://" + host + "/"));
  }

  @ParameterizedTest
  @CsvSource({
    "0.0.0.1, this network",
    "10.255.255.255, private",
    "100.63.255.255,",
    "100.64.0.0, shared by carriers",
    "100.127.255.255, shared by carriers",
    "100.128.0.0,",
    "126.255.255.255,",
    "127.0.0.1, loopback",
    "128.0.0.1,",
    "169.254.0.1, link-local",
    "172.15.255.255,",
    "172.32.0.0,",
    "192.0.2.255, for documentation",
    "192.88.99.1, a 6to4 relay",
    "192.169.0.0,",
    "198.17.255.255,",
    "198.19.255.255, for benchmarks",
    "198.51.100.1, for documentation",
    "223.255.255.255,",
    "239.255.255.255, multicast",
    "240.0.0.1, reserved",
    "64:ff9b::808:808, translated to IPv4",
    "100::1, discarded",
    "1fff::1, outside of global unicast (2000::/3)",
    "2000::1,",
    "2001:0:4136:e378::1, a Teredo tunnel",
    "2001:10::1, for protocols",
    "2001:1ff:ffff::1, for protocols",
    "2001:200::1,",
    "2001:db8:ffff::1, for documentation",
    "2003::1,",
    "2a00:1450:4001:81b::200e,",
    "3ffe::1,",
    "3fff:fff::1, for documentation",
    "3fff:1000::1,",
    "fdff::1, private",
    "febf::1, link-local"
  })
  void theRangesEndWhereTheyEnd(String address, String kind) {
    assertEquals(kind, PublicAddress.special(InetAddress.ofLiteral(address)));
  }

  @Test
  void bytesThatCarryAnIpv4AddressAreNoPublicAddress() {
    byte[] mapped = HexFormat.of().parseHex("00000000000000000000ffff08080808");
    assertNotNull(PublicAddress.special(mapped));
    byte[] plain = Arrays.copyOfRange(mapped, 12, 16);
    assertNull(PublicAddress.special(plain));
  }

  @Test
  void anOperatorMayOpenWhatTheIntranetNeeds() {
    assertFalse(open.check("http://intranet:8080/a").tls());
    assertEquals(80, open.check("http://127.0.0.1/a").port());
    assertEquals("::1", open.check("https://[::1]:8080/a").host());
    assertEquals("/a?b=c", open.check("https://nas.local:8080/a?b=c").target());
    assertThrows(UrlRefused.class, () -> open.check("http://intranet:8081/a"));
    assertThrows(UrlRefused.class, () -> open.check("http://user@intranet/a"));
    assertThrows(UrlRefused.class, () -> open.check("http://0x7f.1/a"));
  }

  private static Future<List<InetAddress>> found(String... addresses) {
    return Future.succeededFuture(Arrays.stream(addresses).map(InetAddress::ofLiteral).toList());
  }

  @Test
  void oneAddressThatIsNotPublicRefusesTheName() {
    GuardedUrl url = strict.check("https://hooks.example.com/");
    assertEquals(2, strict.addresses(url, host -> found("8.8.8.8", "2a00::1")).result().size());
    Future<List<InetAddress>> mixed = strict.addresses(url, host -> found("8.8.8.8", "10.0.0.1"));
    UrlRefused refused = assertInstanceOf(UrlRefused.class, mixed.cause());
    assertTrue(refused.reason().contains("(private)"), refused::reason);
    assertFalse(refused.reason().contains("10.0.0.1"), "the answer is not given away");
    assertInstanceOf(
        java.net.UnknownHostException.class, strict.addresses(url, host -> found()).cause());
  }

  @Test
  void aNameIsLookedUpOnceAndAnAddressNever() {
    AtomicInteger asked = new AtomicInteger();
    NameResolver names =
        host -> {
          asked.incrementAndGet();
          return found("8.8.8.8");
        };
    strict.addresses(strict.check("https://hooks.example.com/"), names);
    assertEquals(1, asked.get());
    strict.addresses(strict.check("https://8.8.4.4/"), names);
    assertEquals(1, asked.get());
  }
}
