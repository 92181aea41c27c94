package io.sotto.http;

import io.sotto.protocol.JobId;
import io.sotto.protocol.JobState;
import io.sotto.storage.HistoryStore;
import io.sotto.storage.HistoryStore.Place;
import io.sotto.storage.HistoryStore.Query;
import io.sotto.storage.HistoryStore.Sort;
import io.vertx.core.http.HttpServerRequest;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.Arrays;
import java.util.Base64;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Reads which jobs a client wants listed; what does not fit is refused with its name. {@code page}
 * is null where the client goes on {@code after} a place instead.
 */
record HistoryQuery(Query query, @Nullable Integer page) {
  private static final int LIMIT = 10;
  private static final int LIMIT_MAX = 100;
  private static final int TEXT_CHARS_MAX = 255;

  /** The end of the year 9999: what follows is no time that anybody means. */
  private static final long LAST_SECOND = 253_402_300_799L;

  static HistoryQuery read(HttpServerRequest request) {
    Sort sort = choice(request, "sort", Sort.values(), Sort.CREATED_AT);
    boolean ascending = ascending(request);
    int limit = whole(request, "limit", LIMIT, LIMIT_MAX);
    Place after = read(request, "after", text -> place(text, sort, ascending));
    if (after != null && request.getParam("page") != null) {
      throw ApiError.badField("page", "page and after exclude each other; send one of them");
    }
    int page = whole(request, "page", 1, HistoryStore.COUNTED_MAX);
    if ((long) page * limit > HistoryStore.COUNTED_MAX) {
      throw ApiError.badField(
          "page",
          "pages end at job "
              + HistoryStore.COUNTED_MAX
              + "; go on with after, which pagination.next of each answer holds");
    }
    Query query =
        new Query(
            choice(request, "status", JobState.values(), null),
            read(request, "language", HistoryQuery::language),
            read(request, "model", Function.identity()),
            read(request, "created_after", HistoryQuery::time),
            read(request, "created_before", HistoryQuery::time),
            sort,
            ascending,
            after,
            (page - 1) * limit,
            limit);
    return new HistoryQuery(query, after == null ? page : null);
  }

  /** Null when absent; {@code parse} answers null to what it does not understand. */
  private static <T> @Nullable T read(
      HttpServerRequest request, String name, Function<String, @Nullable T> parse) {
    String text = request.getParam(name);
    if (text == null) {
      return null;
    }
    boolean plain = text.chars().noneMatch(Character::isISOControl);
    boolean fits = plain && !text.isEmpty() && text.length() <= TEXT_CHARS_MAX;
    T value = fits ? parse.apply(text) : null;
    if (value == null) {
      throw ApiError.badField(name, remedy(name));
    }
    return value;
  }

  private static String remedy(String name) {
    return switch (name) {
      case "after" -> "after is what pagination.next of an answer with the same sort and order was";
      case "language" -> "language is a code such as en";
      case "created_after", "created_before" ->
          name + " is a time such as 2026-01-31T08:00:00Z, or a day such as 2026-01-31 (UTC)";
      default -> name + " has 1 to " + TEXT_CHARS_MAX + " printable characters";
    };
  }

  private static @Nullable String language(String text) {
    return Languages.parse(text).orElse(null);
  }

  private static @Nullable Instant time(String text) {
    try {
      Instant time =
          text.contains("T")
              ? OffsetDateTime.parse(text).toInstant()
              : LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant();
      return time.isBefore(Instant.EPOCH) || time.getEpochSecond() > LAST_SECOND ? null : time;
    } catch (DateTimeParseException notOne) {
      return null;
    }
  }

  private static boolean ascending(HttpServerRequest request) {
    return switch (request.getParam("order", "desc")) {
      case "asc" -> true;
      case "desc" -> false;
      default -> throw ApiError.badField("order", "order is asc or desc");
    };
  }

  private static <E extends Enum<E>> @Nullable E choice(
      HttpServerRequest request, String name, E[] values, @Nullable E absent) {
    String text = request.getParam(name);
    if (text == null) {
      return absent;
    }
    return Arrays.stream(values)
        .filter(value -> wire(value).equals(text))
        .findFirst()
        .orElseThrow(
            () ->
                ApiError.badField(
                    name,
                    name
                        + " is one of "
                        + Arrays.stream(values)
                            .map(HistoryQuery::wire)
                            .collect(Collectors.joining(", "))));
  }

  private static String wire(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  private static int whole(HttpServerRequest request, String name, int absent, int max) {
    String text = request.getParam(name);
    if (text == null) {
      return absent;
    }
    if (text.matches("\\d{1,9}")) {
      int number = Integer.parseInt(text);
      if (number >= 1 && number <= max) {
        return number;
      }
    }
    throw ApiError.badField(name, name + " is a whole number from 1 to " + max);
  }

  /** A place as clients hold it: bound to its order, and not theirs to read. */
  String cursor(Place place) {
    String text = order(query.sort(), query.ascending()) + ":" + place.key() + ":" + place.id();
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  private static String order(Sort sort, boolean ascending) {
    return wire(sort) + (ascending ? "+" : "-");
  }

  private static @Nullable Place place(String cursor, Sort sort, boolean ascending) {
    try {
      String text = new String(Base64.getUrlDecoder().decode(cursor), StandardCharsets.UTF_8);
      String[] parts = text.split(":", -1);
      if (parts.length != 3
          || !parts[0].equals(order(sort, ascending))
          || !parts[1].matches("\\d{1,17}")) {
        return null;
      }
      return JobId.parse(parts[2]).map(id -> new Place(Long.parseLong(parts[1]), id)).orElse(null);
    } catch (IllegalArgumentException notOurs) {
      return null;
    }
  }
}
