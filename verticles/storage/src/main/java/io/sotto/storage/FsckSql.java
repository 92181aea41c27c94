package io.sotto.storage;

/**
 * Every statement of {@link Fsck}: JDBC, reading alone. A check answers {@code job_id}, {@code seq}
 * (null where a job is meant) and {@code what}, and takes its bound of rows last. Times are
 * compared with {@code now()}, which is the time of the snapshot.
 */
final class FsckSql {
  static final String BOUNDS =
      """
      select set_config('statement_timeout', ?, true), set_config('lock_timeout', '1000', true),
        set_config('max_parallel_workers_per_gather', '0', true)\
      """;

  static final String COUNTS =
      "select (select count(*) from job) as jobs, (select count(*) from chunk) as chunks";

  // ---- I1: every job is terminal or alive

  static final String RUNNING_WITHOUT_WORK =
      """
      select j.id as job_id, null::int as seq,
        'it is running, but none of its chunks is held, ready or leased' as what
      from job j
      where j.state = 'running' and not exists (
        select 1 from chunk c where c.job_id = j.id and c.state in ('held', 'ready', 'leased'))
      limit ?\
      """;

  static final String HELD_FOR_EVER =
      """
      select c.job_id, min(c.seq) as seq, format('%s chunks are held until chunk 0 names the language, which is %s',
        count(*), coalesce(f.state, 'not there')) as what
      from chunk c join job j on j.id = c.job_id
        left join chunk f on f.job_id = c.job_id and f.seq = 0
      where c.state = 'held' and j.state in ('accepted', 'preparing', 'running')
        and (f.state in ('done', 'held') or f.state is null and j.state = 'running')
      group by c.job_id, f.state limit ?\
      """;

  /** The longest rest after a failure is five minutes. */
  static final String RESTS_TOO_LONG =
      """
      select c.job_id, c.seq, format('it is ready, but not before %s', c.run_at) as what
      from chunk c where c.state = 'ready' and c.run_at > now() + interval '1 hour'
      union all
      select j.id, null, format('it is accepted, but not before %s', j.run_at)
      from job j where j.state = 'accepted' and j.run_at > now() + interval '1 hour'
      limit ?\
      """;

  // ---- I2: one result per done chunk, none otherwise

  static final String DONE_WITHOUT_RESULT =
      """
      select c.job_id, c.seq, 'it is done, but has no result' as what
      from chunk c left join chunk_result r using (job_id, seq)
      where c.state = 'done' and r.job_id is null limit ?\
      """;

  static final String RESULT_WITHOUT_DONE =
      """
      select r.job_id, r.seq, format('it has a result, but is %s', coalesce(c.state, 'not there')) as what
      from chunk_result r left join chunk c using (job_id, seq)
      where c.state is distinct from 'done' limit ?\
      """;

  // ---- I3: the job's counters are what its chunks say

  static final String COUNTERS =
      """
      with counted as (
        select job_id, count(*) as chunks, count(*) filter (where state = 'done') as done,
          coalesce(sum(end_ms - start_ms) filter (where state = 'done'), 0) as ms
        from chunk group by job_id)
      select j.id as job_id, null::int as seq, case
        when j.chunks_done <> coalesce(b.done, 0)
          then format('chunks_done is %s, but %s chunks are done', j.chunks_done, coalesce(b.done, 0))
        when j.done_ms <> coalesce(b.ms, 0)
          then format('done_ms is %s, but its done chunks last %s ms', j.done_ms, coalesce(b.ms, 0))
        when j.chunks_total <> coalesce(b.chunks, 0)
          then format('chunks_total is %s, but there are %s chunks', j.chunks_total, coalesce(b.chunks, 0))
        else format('it is %s, but chunks_total or audio_ms is not known', j.state) end as what
      from job j left join counted b on b.job_id = j.id
      where j.chunks_done <> coalesce(b.done, 0) or j.done_ms <> coalesce(b.ms, 0)
        or j.chunks_total <> coalesce(b.chunks, 0)
        or j.state in ('running', 'completed') and (j.chunks_total is null or j.audio_ms is null)
      limit ?\
      """;

  static final String CHUNK_WITHOUT_JOB =
      """
      select c.job_id, c.seq, 'there is no such job' as what
      from chunk c where not exists (select 1 from job j where j.id = c.job_id) limit ?\
      """;

  // ---- I4: the result is of the chunk's own attempt

  static final String ATTEMPTS =
      """
      select r.job_id, r.seq, format('its result is of attempt %s, the chunk of attempt %s', r.attempt, c.attempt) as what
      from chunk_result r join chunk c using (job_id, seq)
      where c.state = 'done' and r.attempt <> c.attempt limit ?\
      """;

  // ---- I5: no lease is long over

  static final String OVERDUE_CHUNKS =
      """
      with late as (select now() - ? * interval '1 ms' as than)
      select c.job_id, c.seq, case
        when c.deadline_at is null then 'it is leased without a deadline'
        when c.deadline_at < late.than then format('its lease ran out at %s and was not given back', c.deadline_at)
        else format('its scheduler %s is gone since %s', c.owner, n.lease_until) end as what
      from chunk c cross join late left join node n on n.incarnation = c.owner
      where c.state = 'leased'
        and (c.deadline_at is null or c.deadline_at < late.than or n.lease_until < late.than)
      limit ?\
      """;

  static final String OVERDUE_PREPARATIONS =
      """
      with late as (select now() - ? * interval '1 ms' as than)
      select j.id as job_id, null::int as seq, case
        when j.deadline_at is null then 'it is being prepared without a deadline'
        when j.deadline_at < late.than then format('its preparation ran out at %s and was not given back', j.deadline_at)
        else format('its scheduler %s is gone since %s', j.owner, n.lease_until) end as what
      from job j cross join late left join node n on n.incarnation = j.owner
      where j.state = 'preparing'
        and (j.deadline_at is null or j.deadline_at < late.than or n.lease_until < late.than)
      limit ?\
      """;

  // ---- I6: what has ended holds nothing

  static final String STATES =
      """
      select c.job_id, c.seq, format('it is %s, but its job is %s', c.state, j.state) as what
      from chunk c join job j on j.id = c.job_id
      where j.state in ('completed', 'failed', 'cancelled') and c.state in ('held', 'ready', 'leased')
        or j.state = 'completed' and c.state in ('dead', 'cancelled')
        or j.state in ('accepted', 'preparing', 'running') and c.state in ('dead', 'cancelled')
      limit ?\
      """;

  static final String OWNERS =
      """
      select c.job_id, c.seq, format('it is %s, but still owned by %s', c.state, c.owner) as what
      from chunk c where c.state <> 'leased' and c.owner is not null
      union all
      select j.id, null, case
        when j.owner is not null then format('it is %s, but still owned by %s', j.state, j.owner)
        else format('it is %s, but without the time when it ended', j.state) end
      from job j where j.state <> 'preparing' and j.owner is not null
        or j.state in ('completed', 'failed', 'cancelled') and j.finished_at is null
      limit ?\
      """;

  // ---- I7: the transcript fits the recording

  static final String SPANS =
      """
      with placed as (
        select job_id, seq, start_ms, end_ms, lag(end_ms) over w as before_ms, row_number() over w - 1 as place
        from chunk window w as (partition by job_id order by seq))
      select p.job_id, p.seq, case
        when p.end_ms <= p.start_ms then format('it lasts from %s to %s ms', p.start_ms, p.end_ms)
        when p.start_ms < p.before_ms
          then format('it begins at %s ms, before the last one ends at %s ms', p.start_ms, p.before_ms)
        when p.end_ms > j.audio_ms
          then format('it ends at %s ms, after the recording at %s ms', p.end_ms, j.audio_ms)
        else format('%s chunks come before it, not %s', p.place, p.seq) end as what
      from placed p join job j on j.id = p.job_id
      where p.end_ms <= p.start_ms or p.start_ms < p.before_ms or p.end_ms > j.audio_ms
        or j.chunks_total is not null and p.seq <> p.place
      limit ?\
      """;

  /**
   * Reading the texts takes longer than everything else together: of jobs since an id only, which
   * begins with its time. Numbers are compared as JSON, which no text or null in their place makes
   * fail.
   */
  static final String TEXTS =
      """
      select r.job_id, r.seq, wrong.what
      from chunk_result r join chunk c using (job_id, seq)
      cross join lateral (select case
        when jsonb_typeof(r.body -> 'segments') is distinct from 'array' then 'its result has no list of segments'
        when jsonb_typeof(r.body -> 'language') is distinct from 'string' then 'its result names no language'
        else (
          select format('segment %s, %s to %s s, is out of place in a chunk of %s to %s ms, or has no text',
            s.place, s.said -> 'start', s.said -> 'end', c.start_ms, c.end_ms)
          from (
            select e.said, e.place, lag(e.said -> 'start') over (order by e.place) as before
            from jsonb_array_elements(r.body -> 'segments') with ordinality as e (said, place)) s
          where jsonb_typeof(s.said -> 'start') is distinct from 'number'
            or jsonb_typeof(s.said -> 'end') is distinct from 'number'
            or jsonb_typeof(s.said -> 'text') is distinct from 'string'
            or s.said -> 'start' < to_jsonb((c.start_ms - 50) / 1000.0)
            or s.said -> 'end' > to_jsonb((c.end_ms + 50) / 1000.0)
            or s.said -> 'end' < s.said -> 'start'
            or s.said -> 'start' < s.before
          limit 1) end as what) wrong
      where r.job_id >= ? and wrong.what is not null limit ?\
      """;

  static final String TEXTS_BEFORE =
      "select exists (select 1 from chunk_result where job_id < ?) as there";

  // ---- I9: one event per job and type, one for every job that wanted to be told

  static final String OUTBOX_THERE = "select to_regclass('outbox') is not null as there";

  static final String EVENTS_TWICE =
      """
      select job_id, null::int as seq, format('it has %s events of the type %s', count(*), type) as what
      from outbox group by job_id, type having count(*) > 1 limit ?\
      """;

  /** The column is read by its name: a schema of before has none. */
  static final String EVENT_MISSING =
      """
      select j.id as job_id, null::int as seq, format('it is %s and was to be announced, but has no event', j.state) as what
      from job j
      where j.state in ('completed', 'failed', 'cancelled') and (to_jsonb(j) ->> 'webhook') is not null
        and not exists (select 1 from outbox o where o.job_id = j.id) limit ?\
      """;

  static final String EVENT_TOO_EARLY =
      """
      select o.job_id, null::int as seq, format('an event says %s, but it is %s', o.type, coalesce(j.state, 'not there')) as what
      from outbox o left join job j on j.id = o.job_id
      where j.state is null or j.state in ('accepted', 'preparing', 'running') limit ?\
      """;

  static final String ENDPOINT_OUTBOX_THERE =
      "select to_regclass('endpoint_outbox') is not null as there";

  /** A row of a job that a node of before V8 deleted stays behind: it tells nobody anything. */
  static final String ENDPOINT_EVENT_TOO_EARLY =
      """
      select o.job_id, null::int as seq, format('an event says %s, but it is %s', o.type, j.state) as what
      from endpoint_outbox o join job j on j.id = o.job_id
      where j.state in ('accepted', 'preparing', 'running') limit ?\
      """;

  // ---- I8: what rows refer to is in the bucket, and nothing else for long

  static final String AUDIO_NEEDED =
      """
      select id as job_id, -1 as seq, source_key as key, source_bytes as bytes
      from job where state in ('accepted', 'preparing') and (id, -1) > (?, ?)
      union all
      select c.job_id, c.seq, c.s3_key, c.bytes
      from chunk c join job j on j.id = c.job_id
      where c.state in ('held', 'ready', 'leased') and j.state in ('accepted', 'preparing', 'running')
        and (c.job_id, c.seq) > (?, ?)
      order by job_id, seq limit ?\
      """;

  /** Asked again of what is missing: a job may have ended, and its audio gone, meanwhile. */
  static final String AUDIO_STILL_NEEDED =
      """
      select 1 from job j where j.id = ? and (
        j.state in ('accepted', 'preparing') and j.source_key = ?
        or j.state in ('accepted', 'preparing', 'running') and exists (
          select 1 from chunk c where c.job_id = j.id and c.s3_key = ? and c.state in ('held', 'ready', 'leased')))\
      """;

  // ---- I10: what was deleted is gone

  static final String RETENTION_THERE =
      "select to_regclass('orphan') is not null and to_regclass('outbox') is not null as there";

  /** What names the rows of a job that is not there any more. */
  static final String DELETED_NOT_GONE =
      """
      select j.id as job_id, null::int as seq, 'it was deleted, and ' || left_over.what as what
      from job j cross join lateral (select case
        when coalesce(j.prompt, j.file_name, j.content_type, j.failure_reason, j.idempotency_key, j.webhook::text) is not null
          or j.source_sha256 <> '' or j.request_hash <> '' then 'its row says more than that'
        when exists (select 1 from chunk_result r where r.job_id = j.id) then 'its text is there'
        when exists (select 1 from chunk c where c.job_id = j.id) then 'its chunks are there'
        when exists (select 1 from outbox o where o.job_id = j.id) then 'its webhook is there' end as what) left_over
      where j.deleted_at is not null and left_over.what is not null limit ?\
      """;

  static final String DELETED_LONG_AGO =
      """
      select j.id as job_id, null::int as seq, format('it was deleted at %s, and is not erased yet', j.deleted_at) as what
      from job j where j.deleted_at < now() - interval '1 day' limit ?\
      """;

  /** Of the last ? milliseconds: the log grows for ever. */
  static final String ERASED_AND_THERE =
      """
      select a.subject::uuid as job_id, null::int as seq, format('it was erased at %s, and there are rows of it', a.at) as what
      from audit a
      where a.action = 'job.erased' and a.at > now() - ? * interval '1 ms' and (
        exists (select 1 from job j where j.id = a.subject::uuid)
        or exists (select 1 from chunk c where c.job_id = a.subject::uuid)
        or exists (select 1 from chunk_result r where r.job_id = a.subject::uuid)
        or exists (select 1 from outbox o where o.job_id = a.subject::uuid))
      limit ?\
      """;

  /**
   * The id of an event holds the job's; of tries whose event is gone the job is known by it alone.
   */
  static final String ROWS_OF_JOB =
      """
      select 'job' as name, count(*) as n from job where id = ?
      union all select 'chunk', count(*) from chunk where job_id = ?
      union all select 'chunk_result', count(*) from chunk_result where job_id = ?
      union all select 'outbox', count(*) from outbox where job_id = ?
      union all select 'webhook_try', count(*) from webhook_try
        where outbox_id like 'msg_' || replace((?::uuid)::text, '-', '') || '%'\
      """;

  static final String TRIES_OF_NOBODY =
      """
      select null::uuid as job_id, null::int as seq, format('there is no event %s of which tries are kept', t.outbox_id) as what
      from (select distinct outbox_id from webhook_try) t
      where not exists (select 1 from outbox o where o.id = t.outbox_id) limit ?\
      """;

  static final String JOBS_KNOWN = "select id, cleaned from job where id = any (?)";

  private FsckSql() {}
}
