package io.sotto.engine;

import java.util.List;

/**
 * A token of text and how sure the model was of it: {@code logprob} is the natural logarithm of its
 * probability among all that could have come. A character may be spread over several tokens: {@code
 * bytes} (0 to 255, UTF-8) are exact, {@code text} has U+FFFD then.
 */
public record DecodedToken(String text, double logprob, List<Integer> bytes) {
  public DecodedToken {
    bytes = List.copyOf(bytes);
  }
}
