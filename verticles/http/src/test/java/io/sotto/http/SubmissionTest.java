package io.sotto.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.sotto.protocol.Decoding;
import io.sotto.protocol.Task;
import io.sotto.protocol.TranscriptionOptions;
import io.vertx.core.MultiMap;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class SubmissionTest {
  /**
   * As the version before hashes it: a request repeated while a cluster is updated may meet either
   * version.
   */
  private static final String BEFORE =
      "TranscriptionOptions[model=base, language=en, task=TRANSCRIBE, prompt=null,"
          + " decoding=Decoding[temperatures=null, beamSize=null, bestOf=null, patience=null,"
          + " lengthPenalty=null, compressionRatioThreshold=null, logprobThreshold=null,"
          + " noSpeechThreshold=null, conditionOnPreviousText=null, suppressBlank=null,"
          + " suppressTokens=null, withoutTimestamps=null, maxInitialTimestamp=null,"
          + " wordTimestamps=null, prependPunctuations=null, appendPunctuations=null,"
          + " hotwords=null, languages=null, hallucinations=null]]\nab";

  private static String hash(Decoding decoding) {
    TranscriptionOptions asked =
        new TranscriptionOptions("base", "en", Task.TRANSCRIBE, null, decoding);
    return Submission.hash(new ModelForm.Asked(asked, "", asked, null, null), "ab", null, false);
  }

  @Test
  void whatTheVersionBeforeKnowsIsHashedAsThere() throws Exception {
    byte[] digest =
        MessageDigest.getInstance("SHA-256").digest(BEFORE.getBytes(StandardCharsets.UTF_8));
    assertEquals(HexFormat.of().formatHex(digest), hash(Decoding.DEFAULT));
  }

  @Test
  void whatItDoesNotKnowIsAnotherRequest() {
    MultiMap fields = MultiMap.caseInsensitiveMultiMap().add("include[]", "logprobs");
    Decoding asked = new DecodingForm(new Form(fields, null, null, null)).read();
    assertNotEquals(hash(Decoding.DEFAULT), hash(asked));
  }
}
