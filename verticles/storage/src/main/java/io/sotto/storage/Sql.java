package io.sotto.storage;

/**
 * The statements of the job store; those that decide whose turn it is are in {@link FairSql}, those
 * of webhooks in {@link WebhookSql}, of lists and deletion in {@link HistorySql}. Lock order is job
 * row, then chunk rows, then tenants; claims skip what is locked. {@code attempt} fences: whoever
 * writes names the attempt it holds.
 */
final class Sql {
  /**
   * Nothing where the tenant, or everybody together, has as many jobs open as may be. A large
   * upload lets smaller ones pass that come up to a minute later.
   */
  static final String INSERT_JOB =
      """
      with known as (insert into tenant (id) values ($2::bigint) on conflict do nothing)
      insert into job (id, tenant_id, idempotency_key, request_hash, model, task, prompt, asked_language, language,
                       source_key, source_bytes, source_sha256, file_name, content_type, decoding, webhook,
                       request_id, traceparent, prepare_at)
      select $1, $2::bigint, $3, $4, $5, $6, $7, $8, $8, $9, $10::bigint, $11, $12, $13, $14::text::jsonb, $15::text::jsonb,
        $16, $17, clock_timestamp() + least($10::bigint / 1048576, 60) * interval '1 s'
      where (select count(*) from (select 1 from job where tenant_id = $2::bigint
          and state in ('accepted', 'preparing', 'running') limit $18) own) < $18
        and (select count(*) from (select 1 from job
          where state in ('accepted', 'preparing', 'running') limit $19) whole) < $19
      on conflict do nothing returning id\
      """;

  static final String FIND_BY_KEY =
      "select id, request_hash from job where (tenant_id = $1 and idempotency_key = $2) or id = $3";

  static final String KNOWS_KEY = "select 1 from job where tenant_id = $1 and idempotency_key = $2";

  /** What {@link JobRows#view} reads. */
  static final String JOB_COLUMNS =
      """
      id, tenant_id, state, model, task, prompt, decoding::text as decoding, asked_language, language, file_name,
        source_bytes, source_sha256, audio_ms, prepared_ms, done_ms, chunks_total, chunks_done, failure_code,
        failure_reason, created_at, started_at, finished_at, deduplicated_from\
      """;

  static final String FIND_JOB =
      "select " + JOB_COLUMNS + " from job where id = $1 and tenant_id = $2 and deleted_at is null";

  static final String FIND_JOB_OF_ANYBODY =
      "select " + JOB_COLUMNS + " from job where id = $1 and deleted_at is null";

  /**
   * The latest completed job of the tenant that was asked for the same ($2 to $8), and made by the
   * model as it is now: by the digest that the model's newest result bears. Locked, so that it is
   * not deleted between this and the copying; of one that was just deleted nothing is reused.
   */
  static final String FIND_REUSABLE =
      """
      select j.id from job j
      where j.tenant_id = $1 and j.source_sha256 = $2 and j.state = 'completed' and j.source_bytes = $3
        and j.model = $4 and j.task = $5 and j.prompt is not distinct from $6
        and j.asked_language is not distinct from $7 and j.decoding = $8::text::jsonb and j.chunks_total > 0
        and not exists (
          select 1 from chunk_result r where r.job_id = j.id and r.body ->> 'model_digest' is distinct from (
            select n.body ->> 'model_digest' from chunk_result n where n.job_id = (
              select id from job
              where model = $4 and state = 'completed' and deduplicated_from is null and chunks_total > 0
              order by finished_at desc limit 1)
            order by n.seq limit 1))
      order by j.finished_at desc limit 1 for share of j\
      """;

  /** $1 to $17 as in {@link #INSERT_JOB}; completed at once, with what job $18 came to. */
  static final String INSERT_REUSING =
      """
      insert into job (id, tenant_id, idempotency_key, request_hash, model, task, prompt, asked_language, language,
                       source_key, source_bytes, source_sha256, file_name, content_type, decoding, webhook,
                       request_id, traceparent, state, audio_ms, prepared_ms, done_ms, chunks_total, chunks_done, started_at, finished_at,
                       deduplicated_from)
      select $1, $2, $3, $4, $5, $6, $7, $8, o.language, $9, $10, $11, $12, $13, $14::text::jsonb, $15::text::jsonb,
        $16, $17, 'completed', o.audio_ms, o.prepared_ms, o.done_ms, o.chunks_total, o.chunks_done, clock_timestamp(),
        clock_timestamp(), o.id
      from job o where o.id = $18
      on conflict do nothing returning id\
      """;

  static final String COPY_CHUNKS =
      """
      insert into chunk (job_id, seq, state, model, start_ms, end_ms, s3_key, sha256, bytes, attempt, tenant_id, vtime)
      select $1, seq, state, model, start_ms, end_ms, s3_key, sha256, bytes, attempt, tenant_id, vtime
      from chunk where job_id = $2\
      """;

  static final String COPY_RESULTS =
      """
      insert into chunk_result (job_id, seq, attempt, node, body)
      select $1, seq, attempt, node, body from chunk_result where job_id = $2\
      """;

  static final String RESULTS =
      """
      select r.seq, r.attempt, r.node, r.body::text as body, c.start_ms, c.end_ms
      from chunk_result r join chunk c using (job_id, seq) where r.job_id = $1 order by r.seq\
      """;

  /** From chunk $2 on without a gap; what lies behind one is neither unpacked nor sent. */
  static final String RESULTS_FROM =
      """
      select r.seq, r.attempt, r.node, r.body::text as body, c.start_ms, c.end_ms
      from (select *, $2::integer + row_number() over (order by seq) - 1 as place from chunk_result
            where job_id = $1 and seq >= $2::integer and seq < $2::integer + $3::integer) r
        join chunk c using (job_id, seq)
      where r.seq = r.place order by r.seq\
      """;

  static final String LOCK_JOB =
      """
      select state, attempt, language, chunks_total, chunks_done, fails, deaths, charged_attempt
      from job where id = $1 for no key update\
      """;

  static final String LOCK_JOB_OF_TENANT =
      "select state from job where id = $1 and tenant_id = $2 and deleted_at is null for no key"
          + " update";

  /**
   * A job that ends while it is prepared keeps that lease's end: until then chunks may be stored.
   */
  static final String END_JOB =
      """
      update job set state = $2, failure_code = $3, failure_reason = $4, finished_at = clock_timestamp(),
                     owner = null, ingest = null, run_at = clock_timestamp(),
                     deadline_at = case when state = 'preparing' then deadline_at end
      where id = $1\
      """;

  static final String CANCEL_CHUNKS =
      """
      update chunk set state = 'cancelled', owner = null, deadline_at = null
      where job_id = $1 and state in ('held', 'ready', 'leased')\
      """;

  // ---- nodes

  static final String REGISTER =
      """
      insert into node values ($1, $2, $3, clock_timestamp() + $4 * interval '1 ms')
      on conflict (incarnation) do update
        set roles = excluded.roles, version = excluded.version, lease_until = excluded.lease_until\
      """;

  static final String RENEW =
      """
      update node set lease_until = clock_timestamp() + $2 * interval '1 ms'
      where incarnation = $1 and lease_until > clock_timestamp()\
      """;

  static final String DEREGISTER = "delete from node where incarnation = $1";

  static final String LEAD =
      """
      insert into duty values ($1, $2, clock_timestamp() + $3 * interval '1 ms')
      on conflict (name) do update set node = excluded.node, lease_until = excluded.lease_until
        where duty.node = excluded.node or duty.lease_until < clock_timestamp()\
      """;

  static final String LEADER =
      "select node from duty where name = $1 and lease_until > clock_timestamp()";

  // ---- preparing

  static final String ASSIGN_PREPARATION =
      "update job set ingest = $3 where id = $1 and attempt = $2 and state = 'preparing'";

  static final String RELEASE_PREPARATION =
      """
      update job set state = 'accepted', owner = null, ingest = null, deadline_at = null,
                     run_at = clock_timestamp() + $3 * interval '1 ms'
      where id = $1 and attempt = $2 and state = 'preparing'\
      """;

  /** A chunk met again keeps its state; one that was cut differently takes the newer object. */
  static final String INSERT_CHUNK =
      """
      insert into chunk (job_id, seq, state, model, start_ms, end_ms, s3_key, sha256, bytes, tenant_id, vtime)
      select $1, $2, $3, model, $4, $5, $6, $7, $8, tenant_id, $9 from job where id = $1
      on conflict (job_id, seq) do update
        set start_ms = excluded.start_ms, end_ms = excluded.end_ms, s3_key = excluded.s3_key,
            sha256 = excluded.sha256, bytes = excluded.bytes
        where chunk.sha256 <> excluded.sha256 and chunk.state in ('held', 'ready', 'leased')\
      """;

  static final String PREPARED =
      """
      update job set prepared_ms = greatest(prepared_ms, $2),
                     deadline_at = clock_timestamp() + $3 * interval '1 ms'
      where id = $1\
      """;

  static final String PREPARED_TO_THE_END =
      """
      update job set prepared_ms = $4, audio_ms = $4, chunks_total = $3, owner = null, ingest = null, deadline_at = null,
        state = $2, finished_at = case when $2 = 'completed' then clock_timestamp() end
      where id = $1\
      """;

  static final String RETRY_PREPARATION =
      """
      update job set state = 'accepted', owner = null, ingest = null, deadline_at = null, charged_attempt = attempt,
        fails = $2, deaths = $3, run_at = clock_timestamp() + $4 * interval '1 ms'
      where id = $1\
      """;

  // ---- transcribing

  static final String FINISH_CHUNK =
      """
      with f as (
        update chunk set state = 'done', owner = null, deadline_at = null
        where job_id = $1 and seq = $2 and attempt = $3 and state in ('leased', 'ready')
        returning end_ms - start_ms as ms),
      r as (insert into chunk_result select $1, $2, $3, $4, $5::text::jsonb from f)
      update job set chunks_done = chunks_done + 1, done_ms = done_ms + f.ms, language = coalesce(language, $6)
      from f where id = $1
      returning state, chunks_done, chunks_total\
      """;

  static final String DONE_BY =
      "select 1 from chunk where job_id = $1 and seq = $2 and attempt = $3 and state = 'done'";

  static final String LOCK_CHUNK =
      """
      select state, attempt, charged_attempt, fails, deaths
      from chunk where job_id = $1 and seq = $2 for no key update\
      """;

  static final String GIVE_BACK_CHUNK =
      """
      update chunk set state = 'ready', owner = null, deadline_at = null, fails = $3, deaths = $4, charged_attempt = $5,
        run_at = clock_timestamp() + $6 * interval '1 ms'
      where job_id = $1 and seq = $2\
      """;

  static final String KILL_CHUNK =
      """
      update chunk set state = 'dead', owner = null, deadline_at = null, fails = $3, deaths = $4, charged_attempt = attempt
      where job_id = $1 and seq = $2\
      """;

  // ---- sweeping

  /**
   * {@code died}: the deadline passed, or the worker went down together with its scheduler, be it
   * as one process or as another that was registered too.
   */
  static final String OVERDUE_CHUNKS =
      """
      select job_id, seq, attempt, deadline_at < clock_timestamp() or worker = owner or exists (
        select 1 from node where incarnation = c.worker and lease_until <= clock_timestamp()) as died
      from chunk c
      where state = 'leased' and (deadline_at < clock_timestamp() or not exists (
        select 1 from node where incarnation = c.owner and lease_until > clock_timestamp()))
      order by job_id, seq limit $1\
      """;

  /** The same, where a node was asked at all: what was claimed and never sent nobody died of. */
  static final String OVERDUE_PREPARATIONS =
      """
      select id as job_id, attempt, ingest is not null and (
        deadline_at < clock_timestamp() or ingest = owner or exists (
          select 1 from node where incarnation = j.ingest and lease_until <= clock_timestamp())) as died
      from job j
      where state = 'preparing' and (deadline_at < clock_timestamp() or not exists (
        select 1 from node where incarnation = j.owner and lease_until > clock_timestamp()))
      order by id limit $1\
      """;

  /** Another scheduler leased it, and has renewed its own lease since: it is alive, and hears. */
  private static final String KEPT =
      """
      (owner <> $2 and exists (select 1 from node where incarnation = owner
        and lease_until > clock_timestamp() + $3 * interval '1 ms'))\
      """;

  static final String CHUNKS_OF =
      """
      select job_id, seq, attempt, true as died, %s as kept from chunk
      where state = 'leased' and worker = any($1) order by job_id, seq\
      """
          .formatted(KEPT);

  static final String PREPARATIONS_OF =
      """
      select id as job_id, attempt, true as died, %s as kept from job
      where state = 'preparing' and ingest = any($1) order by id\
      """
          .formatted(KEPT);

  static final String CHUNKS_OWNED =
      "select job_id, seq, attempt, false as died from chunk where state = 'leased' and owner = $1";

  static final String PREPARATIONS_OWNED =
      "select id as job_id, attempt, false as died from job where state = 'preparing' and owner ="
          + " $1";

  static final String UNCLEANED =
      """
      select id from job where not cleaned and state in ('completed', 'failed', 'cancelled')
        and deleted_at is null and run_at <= clock_timestamp()
        and (finished_at is null or finished_at <= clock_timestamp() - $2 * interval '1 ms')
      order by run_at limit $1\
      """;

  /** Comes up once more where an ingest node may still have been storing. */
  static final String MARK_CLEANED =
      """
      update job set cleaned = deadline_at is null, upload_gone = not $2, run_at = coalesce(deadline_at, run_at), deadline_at = null
      where id = $1\
      """;

  static final String CHECK = "select 1";

  /**
   * What is open, at most $1 rows of each kind of it. A webhook is late from when it is due; a
   * chunk waits from when it may be claimed.
   */
  static final String BACKLOG =
      """
      select j.*, r.*, l.*, w.* from
        (select count(*) filter (where state = 'accepted') as jobs_accepted,
           count(*) filter (where state = 'preparing') as jobs_preparing,
           count(*) filter (where state = 'running') as jobs_running,
           coalesce(greatest(extract(epoch from clock_timestamp() - min(created_at)), 0), 0)::float8 as oldest_job
         from (select state, created_at from job where state in ('accepted', 'preparing', 'running') limit $1) open) j,
        (select count(*) as ready_chunks, coalesce(sum(end_ms - start_ms), 0)::bigint as ready_ms,
           coalesce(greatest(extract(epoch from clock_timestamp() - min(run_at)), 0), 0)::float8 as oldest_ready
         from (select start_ms, end_ms, run_at from chunk where state = 'ready' limit $1) c) r,
        (select count(*) as leased_chunks, coalesce(sum(end_ms - start_ms), 0)::bigint as leased_ms
         from (select start_ms, end_ms from chunk where state = 'leased' limit $1) c) l,
        (select count(*) as webhooks,
           coalesce(greatest(extract(epoch from clock_timestamp() - min(next_at)), 0), 0)::float8 as oldest_webhook
         from (select next_at from outbox where state = 'pending'
               union all select next_at from endpoint_outbox where state = 'pending' limit $1) o) w\
      """;

  private Sql() {}
}
