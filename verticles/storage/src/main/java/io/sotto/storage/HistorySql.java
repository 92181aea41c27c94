package io.sotto.storage;

import io.sotto.storage.HistoryStore.Sort;
import java.util.EnumMap;
import java.util.Map;

/**
 * Every statement of {@link HistoryStore}. A list has one text for each order and direction, made
 * of the parts below alone; whatever a client says is a parameter. With a plan of its own each time
 * a filter that is null costs nothing, and each order has its index (V5__history.sql).
 */
final class HistorySql {
  /** $1 tenant, $2 state, $3 language, $4 model, $5 created after, $6 created before. */
  private static final String MEANT =
      """
      from job
      where tenant_id = $1 and deleted_at is null
        and ($2::text is null or state = $2) and ($3::text is null or language = $3)
        and ($4::text is null or model = $4)
        and ($5::timestamptz is null or created_at > $5) and ($6::timestamptz is null or created_at < $6)\
      """;

  /** $7: count no further. In the order of an index, so that it is read and not the table. */
  static final String COUNT =
      "select count(*) as n from (select 1 " + MEANT + " order by created_at limit $7) counted";

  private static final Map<Sort, String> UPWARDS = new EnumMap<>(Sort.class);
  private static final Map<Sort, String> DOWNWARDS = new EnumMap<>(Sort.class);

  static {
    for (Sort sort : Sort.values()) {
      UPWARDS.put(sort, list(sort, ">", "asc"));
      DOWNWARDS.put(sort, list(sort, "<", "desc"));
    }
  }

  /** $1 to $6 as above, $7 and $8 the place to go on after, $9 rows to skip, $10 rows to read. */
  static String list(Sort sort, boolean ascending) {
    return String.valueOf((ascending ? UPWARDS : DOWNWARDS).get(sort));
  }

  private static String list(Sort sort, String beyond, String direction) {
    String key = key(sort);
    return "select "
        + Sql.JOB_COLUMNS
        + " "
        + MEANT
        + " and ($7::bigint is null or ("
        + key
        + ", id) "
        + beyond
        + " ("
        + place(sort)
        + ", $8::uuid)) order by "
        + key
        + " "
        + direction
        + ", id "
        + direction
        + " offset $9 limit $10";
  }

  private static String key(Sort sort) {
    return switch (sort) {
      case CREATED_AT -> "created_at";
      case UPDATED_AT -> "coalesce(finished_at, started_at, created_at)";
      case DURATION -> "coalesce(audio_ms, 0)";
    };
  }

  /** Whole microseconds: as a fraction of seconds they would be rounded. */
  private static String place(Sort sort) {
    return switch (sort) {
      case CREATED_AT, UPDATED_AT -> "timestamptz 'epoch' + $7::bigint * interval '1 us'";
      case DURATION -> "$7::bigint";
    };
  }

  /**
   * Leaves what the counters of an ended job without chunks are, and no word of anybody's. Without
   * its webhook the job's end is announced no more, not even by the trigger. A lease of preparing
   * is kept: until it is over, chunks may be stored.
   */
  static final String DELETE_JOB =
      """
      update job set deleted_at = clock_timestamp(),
        state = case when state in ('completed', 'failed', 'cancelled') then state else 'cancelled' end,
        finished_at = coalesce(finished_at, clock_timestamp()), run_at = clock_timestamp(), owner = null, ingest = null,
        chunks_total = 0, chunks_done = 0, done_ms = 0, idempotency_key = null, request_hash = '', prompt = null,
        decoding = '{}', asked_language = null, language = null, source_sha256 = '', file_name = null,
        content_type = null, failure_reason = null, webhook = null, deduplicated_from = null,
        request_id = null, traceparent = null
      where id = $1 returning deleted_at\
      """;

  static final String DELETE_EVENTS =
      """
      with own as (delete from outbox where job_id = $1 returning id),
      ends as (delete from endpoint_outbox where job_id = $1 returning id)
      select id from own union all select id from ends\
      """;

  /** After the events, which a try that is being recorded holds locked until it is there. */
  static final String DELETE_TRIES = "delete from webhook_try where outbox_id = any($1)";

  static final String DELETE_RESULTS = "delete from chunk_result where job_id = $1";
  static final String DELETE_CHUNKS = "delete from chunk where job_id = $1";

  static final String DELETED =
      """
      select id from job where deleted_at is not null and run_at <= clock_timestamp()
      order by run_at limit $1\
      """;

  /** Comes up once more where an ingest node may still have been storing. */
  static final String FORGET =
      """
      with gone as (
        delete from job where id = $1 and deleted_at is not null and deadline_at is null returning tenant_id),
      again as (
        update job set run_at = deadline_at, deadline_at = null
        where id = $1 and deleted_at is not null and deadline_at is not null)
      select tenant_id, clock_timestamp() as at from gone\
      """;

  private HistorySql() {}
}
