package io.sotto.protocol;

import java.util.List;

/**
 * A token of text with the natural logarithm of its probability, as OpenAI's API tells them. A
 * character may be spread over several tokens: {@code bytes} (0 to 255, UTF-8) are exact, {@code
 * token} has U+FFFD then.
 */
public record TokenLogprob(String token, double logprob, List<Integer> bytes) {
  public TokenLogprob {
    bytes = List.copyOf(bytes);
  }
}
