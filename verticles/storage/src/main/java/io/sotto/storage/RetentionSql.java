package io.sotto.storage;

/** The statements of retention, and of objects that no job needs. */
final class RetentionSql {
  /**
   * $1: milliseconds that transcripts are kept; $2: that a webhook may still wait for. {@code
   * coalesce(...)} is what the index of jobs by their last change holds, and of a job that has
   * ended its end.
   */
  private static final String OVER =
      """
      j.deleted_at is null and j.state in ('completed', 'failed', 'cancelled')
        and coalesce(j.finished_at, j.started_at, j.created_at)
          <= clock_timestamp() - coalesce(t.keep_transcripts_ms, $1::bigint) * interval '1 ms'
        and (not exists (select 1 from outbox o where o.job_id = j.id and o.state = 'pending')
            and not exists (select 1 from endpoint_outbox o where o.job_id = j.id and o.state = 'pending')
          or j.finished_at
            <= clock_timestamp() - (coalesce(t.keep_transcripts_ms, $1::bigint) + $2::bigint) * interval '1 ms')\
      """;

  static final String EXPIRED =
      """
      select due.id from tenant t cross join lateral (
        select j.id, j.finished_at from job j where j.tenant_id = t.id and\s\
      """
          + OVER
          + """

            order by coalesce(j.finished_at, j.started_at, j.created_at), j.id limit $3) due
          order by due.finished_at limit $3\
          """;

  static final String LOCK_EXPIRED =
      "select j.tenant_id, j.source_sha256 from job j join tenant t on t.id = j.tenant_id where "
          + OVER
          + " and j.id = $3 for no key update of j";

  static final String SUM_UP =
      """
      select (select count(*) from chunk where job_id = $1)::int as chunks,
        (select count(*) from (select id from outbox where job_id = $1
          union all select id from endpoint_outbox where job_id = $1) o)::int as events,
        (select count(*) from webhook_try w join (select id from outbox where job_id = $1
          union all select id from endpoint_outbox where job_id = $1) o on o.id = w.outbox_id)::int as tries,
        count(*)::int as results,
        encode(sha256(coalesce(string_agg(sha256(convert_to(body::text, 'UTF8')), ''::bytea order by seq), ''::bytea)), 'hex')
          as sha256
      from chunk_result where job_id = $1\
      """;

  static final String WORN =
      """
      select due.id from tenant t cross join lateral (
        select j.id, j.finished_at from job j
        where j.tenant_id = t.id and j.cleaned and not j.upload_gone and j.deleted_at is null
          and j.finished_at <= clock_timestamp() - coalesce(t.keep_audio_ms, $1::bigint) * interval '1 ms'
        order by j.finished_at limit $2) due
      order by due.finished_at limit $2\
      """;

  static final String UPLOAD_GONE =
      """
      update job set upload_gone = true where id = $1 and cleaned and not upload_gone and deleted_at is null
      returning tenant_id, source_sha256, clock_timestamp() as at\
      """;

  static final String NEEDS =
      """
      select id, not upload_gone as upload, not cleaned or deleted_at is not null as chunks
      from job where id = any ($1)\
      """;

  static final String MET_ORPHANS =
      """
      insert into orphan (key) select unnest($1::text[])
      on conflict (key) do update set met_at = clock_timestamp()
      returning key, seen_at <= clock_timestamp() - $2 * interval '1 ms' as due\
      """;

  static final String ORPHANS_DELETED = "delete from orphan where key = any ($1)";

  static final String PASS_ENDED =
      "delete from orphan where met_at < clock_timestamp() - $1 * interval '1 ms'";

  private RetentionSql() {}
}
