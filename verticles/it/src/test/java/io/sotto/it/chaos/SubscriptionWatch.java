package io.sotto.it.chaos;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Asks nodes for the cluster's list of listeners as they see it, and hears their answers. */
final class SubscriptionWatch implements Consumer<String> {
  private static final Pattern ANSWER =
      Pattern.compile("^(\\S+) " + FakeNode.STRANGERS + "(\\d+)$");
  private static final long ANSWER_WITHIN_MS = 5_000;

  private final Map<String, Integer> said = new HashMap<>();

  @Override
  public synchronized void accept(String line) {
    Matcher answer = ANSWER.matcher(line);
    if (answer.find()) {
      said.put(answer.group(1), Integer.valueOf(answer.group(2)));
      notifyAll();
    }
  }

  /**
   * How many rows of nodes that are no members one of {@code members} sees at most; a node that
   * does not answer sees one.
   */
  synchronized int strangers(List<Member> members) throws Exception {
    said.clear();
    for (Member member : members) {
      member.tell(FakeNode.STRANGERS);
    }
    long end = System.nanoTime() + ANSWER_WITHIN_MS * 1_000_000;
    long left = ANSWER_WITHIN_MS;
    while (said.size() < members.size() && left > 0) {
      wait(left);
      left = (end - System.nanoTime()) / 1_000_000;
    }
    int silent = said.size() < members.size() ? 1 : 0;
    return Math.max(silent, said.values().stream().mapToInt(count -> count).max().orElse(0));
  }
}
