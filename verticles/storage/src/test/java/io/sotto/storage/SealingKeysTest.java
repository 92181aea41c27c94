package io.sotto.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SealingKeysTest {
  private static final String SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

  private static String key(String name, int filling) {
    byte[] bytes = new byte[32];
    Arrays.fill(bytes, (byte) filling);
    return name + ":" + Base64.getEncoder().encodeToString(bytes);
  }

  @Test
  void aSecretIsSealedForOneOwnerUnderTheNameOfItsKey() {
    SealingKeys keys = SealingKeys.parse(key("k1", 1));
    String sealed = keys.seal(SECRET, "job:1");
    assertTrue(sealed.startsWith("sealed:k1:"), sealed);
    assertFalse(sealed.contains("whsec_"), sealed);
    assertEquals(SECRET, keys.open(sealed, "job:1"));
    assertThrows(IllegalStateException.class, () -> keys.open(sealed, "job:2"));
    assertNotEquals(sealed, keys.seal(SECRET, "job:1"), "a nonce is used once");
  }

  @Test
  void theFirstKeySealsAndAllOpen() {
    String old = SealingKeys.parse(key("old", 1)).seal(SECRET, "o");
    SealingKeys both = SealingKeys.parse("\n" + key("new", 2) + "\n" + key("old", 1) + "\n");
    assertEquals(SECRET, both.open(old, "o"));
    String sealed = both.seal(SECRET, "o");
    assertTrue(sealed.startsWith("sealed:new:"), sealed);
    IllegalStateException gone =
        assertThrows(
            IllegalStateException.class, () -> SealingKeys.parse(key("old", 1)).open(sealed, "o"));
    assertTrue(gone.getMessage().contains("no key new"), gone.getMessage());
    assertThrows(
        IllegalStateException.class, () -> SealingKeys.parse(key("new", 3)).open(sealed, "o"));
  }

  @Test
  void withoutKeysASecretIsStoredAsItIsAndReadForEver() {
    assertEquals(SECRET, SealingKeys.parse(" ").seal(SECRET, "o"));
    assertTrue(SealingKeys.parse("").isEmpty());
    assertEquals(SECRET, SealingKeys.parse(key("k", 1)).open(SECRET, "o"));
  }

  @Test
  void whatIsDamagedDoesNotOpen() {
    SealingKeys keys = SealingKeys.parse(key("k", 1));
    String sealed = keys.seal(SECRET, "o");
    int last = sealed.length() - 6;
    char other = sealed.charAt(last) == 'A' ? 'B' : 'A';
    String changed = sealed.substring(0, last) + other + sealed.substring(last + 1);
    for (String wrong : new String[] {changed, "sealed:k:", "sealed:k:AAAA", "sealed:k"}) {
      assertThrows(IllegalStateException.class, () -> keys.open(wrong, "o"), wrong);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        "k:AAECAwQFBgcICQoLDA0ODw==",
        "k:not base64",
        "a/b:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        ":AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        "k:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=,k:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
      })
  void whatIsNoKeyIsRefusedAndNotRepeated(String text) {
    IllegalArgumentException refused =
        assertThrows(IllegalArgumentException.class, () -> SealingKeys.parse(text));
    assertFalse(refused.getMessage().contains("AAEC"), refused::getMessage);
  }

  @Test
  void keysAreNeverPrinted() {
    assertEquals("[k]", SealingKeys.parse(key("k", 1)).toString());
  }
}
