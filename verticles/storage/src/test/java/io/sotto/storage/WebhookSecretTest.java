package io.sotto.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WebhookSecretTest {
  private static final String KNOWN = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

  /** The example by which the libraries of Standard Webhooks are tested. */
  @Test
  void itSignsAsTheSpecificationsExample() {
    byte[] body = "{\"test\": 2432232314}".getBytes(StandardCharsets.UTF_8);
    WebhookSecret secret = WebhookSecret.parseAll(KNOWN).getFirst();
    assertEquals(
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        secret.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body));
  }

  @Test
  void twoSecretsSignWhileOneReplacesTheOther() {
    String newer = "whsec_" + Base64.getEncoder().encodeToString(new byte[64]);
    assertEquals(2, WebhookSecret.parseAll(newer + ", " + KNOWN).size());
    assertEquals(List.of(), WebhookSecret.parseAll(""));
    assertThrows(
        IllegalArgumentException.class,
        () -> WebhookSecret.parseAll(String.join(",", newer, newer, KNOWN)));
    assertEquals("[(secret)]", WebhookSecret.parseAll(KNOWN).toString());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "whsec_",
        "whsec_c2hvcnQ=",
        "whsec_not base64 at all, is it",
        "whsk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
      })
  void whatIsNoSecretIsRefusedAndNotRepeated(String text) {
    IllegalArgumentException refused =
        assertThrows(IllegalArgumentException.class, () -> WebhookSecret.parseAll(text));
    assertFalse(refused.getMessage().contains("MfKQ"), refused::getMessage);
  }

  @Test
  void aSecretHas24To64Bytes() {
    for (int bytes : new int[] {23, 65}) {
      String text = "whsec_" + Base64.getEncoder().encodeToString(new byte[bytes]);
      assertThrows(IllegalArgumentException.class, () -> WebhookSecret.parseAll(text));
    }
  }

  @Test
  void aSecretThatIsMadeIsOneAndNoOther() {
    String made = WebhookSecret.generate();
    assertEquals(1, WebhookSecret.parseAll(made).size());
    assertNotEquals(made, WebhookSecret.generate());
  }
}
