package io.sotto.storage;

/**
 * The statements that decide whose turn it is, and what is waiting (docs/adr/0009-fair-order.md).
 * Claims look up one index entry for each tenant that has work, then the first few of those whose
 * turn it is; they wait for nobody but another claim's last step, which writes tenants in the order
 * of their ids: by {@code on conflict}, which finds a row among its dead versions once, where an
 * update that locks first finds it twice.
 */
final class FairSql {
  /** The least a chunk is charged: one of a second costs a worker as much as a few seconds do. */
  private static final int CHUNK_COST_MIN = 1000;

  /** The least an upload is charged, for starting a decoder. */
  private static final int UPLOAD_COST_MIN = 1 << 20;

  /**
   * A chunk is overtaken by newer jobs of its tenant with at most so many times its distance from
   * the front.
   */
  private static final int OVERTAKEN_MAX = 64;

  /** Candidates for each one wanted, since other schedulers may hold some at this very moment. */
  private static final int SPARE = 2;

  /**
   * And so many more of each queue: claims of one chunk that run side by side lock the same few.
   */
  private static final int CLAIMS_BESIDE = 16;

  static final String PUT_TENANT =
      """
      insert into tenant (id, name, weight, leases_max, keep_audio_ms, keep_transcripts_ms)
      values ($1, $2, $3, $4, $5, $6)
      on conflict (id) do update
        set name = excluded.name, weight = excluded.weight, leases_max = excluded.leases_max,
            keep_audio_ms = excluded.keep_audio_ms, keep_transcripts_ms = excluded.keep_transcripts_ms
        where (tenant.name, tenant.weight, tenant.leases_max, tenant.keep_audio_ms, tenant.keep_transcripts_ms)
          is distinct from (excluded.name, excluded.weight, excluded.leases_max, excluded.keep_audio_ms,
            excluded.keep_transcripts_ms)\
      """;

  /**
   * The first ready chunk of each tenant and model: one index entry each, and whatever dead ones
   * lie before it, all of them while somebody holds an old snapshot.
   */
  static final String FRONTS =
      """
      with recursive flow(tenant, model, vtime) as (
        (select tenant_id, model, vtime from chunk where state = 'ready' and deaths < %1$d and run_at <= clock_timestamp()
          order by tenant_id, model, vtime limit 1)
        union all
        select n.tenant_id, n.model, n.vtime from flow f cross join lateral (
          select tenant_id, model, vtime from chunk
          where state = 'ready' and deaths < %1$d and run_at <= clock_timestamp()
            and (tenant_id, model) > (f.tenant, f.model)
          order by tenant_id, model, vtime limit 1) n)
      select flow.tenant as tenant_id, model, vtime, now.started
      from flow cross join (select max(started) as started from tenant) now\
      """
          .formatted(RetryBudget.SUSPECT_DEATHS);

  /**
   * $5 to $7 are fronts of queues, $8 the latest start of any tenant: {@link Fronts} says what if
   * they are old.
   */
  static final String CLAIM_CHUNKS =
      """
      with front as materialized (
        select * from unnest($5::bigint[], $6::text[], $7::bigint[]) as f(tenant, model, vtime)),
      able as materialized (
        select n.id, n.weight, greatest(n.clock, $8::float8) as clock,
          n.leases_max - case when n.leases_max is null then 0 else (
            select count(*) from chunk where state = 'leased' and tenant_id = n.id) end as room
        from (select distinct tenant from front) f join tenant n on n.id = f.tenant),
      near as (
        select * from able a where (room is null or room > 0) and exists (
          select 1 from front f cross join lateral (
            select 1 from chunk
            where state = 'ready' and tenant_id = a.id and model = f.model and vtime >= f.vtime
              and deaths < %4$d and run_at <= clock_timestamp()
            order by vtime limit 1) x
          where f.tenant = a.id)
        order by clock, id limit $3::bigint * %1$d),
      queue as (
        select o.id as tenant, o.room, k.job_id, k.seq, k.vtime, k.cost, row_number() over w as nth,
          o.clock + (sum(k.cost) over w - k.cost)::float8 / o.weight as turn
        from near o cross join lateral (
          select x.* from front f cross join lateral (
            select job_id, seq, vtime, greatest(end_ms - start_ms, %2$d) as cost from chunk
            where state = 'ready' and tenant_id = o.id and model = f.model and vtime >= f.vtime
              and deaths < %4$d and run_at <= clock_timestamp()
            order by vtime, job_id, seq limit $3::bigint * %1$d + %5$d) x
          where f.tenant = o.id) k
        window w as (partition by o.id order by k.vtime, k.job_id, k.seq)),
      c as materialized (
        select q.tenant, q.job_id, q.seq, q.vtime, q.cost, q.turn
        from (select * from queue where room is null or nth <= room
          order by turn, tenant, vtime, job_id, seq) q
        cross join lateral (
          select 1 from chunk k where k.job_id = q.job_id and k.seq = q.seq and k.state = 'ready'
            and k.deaths < %4$d
          for no key update skip locked) free
        where exists (select 1 from node where incarnation = $1 and lease_until > clock_timestamp())
          and not exists (
            select 1 from chunk where state = 'leased' and deaths >= %4$d and worker = $2)
        limit $3),
      due as materialized (
        select tenant, sum(cost)::bigint as cost, min(turn) as first, max(turn) as last,
          max(vtime) as vtime
        from c group by tenant),
      charged as (
        insert into tenant as n (id) select tenant from due order by tenant
        on conflict (id) do update set (clock, started, passed) = (
          select greatest(n.clock, d.first) + d.cost / n.weight, greatest(n.started, d.last),
            greatest(n.passed + ceil(d.cost / %3$d.0)::bigint, d.vtime)
          from due d where d.tenant = n.id))
      update chunk t set state = 'leased', attempt = t.attempt + 1, owner = $1, worker = $2,
        deadline_at = clock_timestamp() + $4 * interval '1 ms'
      from c join job j on j.id = c.job_id
      where t.job_id = c.job_id and t.seq = c.seq
      returning t.job_id, t.seq, t.attempt, t.start_ms, t.end_ms, t.s3_key, t.sha256,
        t.tenant_id, j.model, j.language, j.task, j.prompt, j.decoding::text as decoding,
        j.request_id, j.traceparent, %6$s as waited_ms, c.turn, c.vtime\
      """
          .formatted(
              SPARE,
              CHUNK_COST_MIN,
              OVERTAKEN_MAX,
              RetryBudget.SUSPECT_DEATHS,
              CLAIMS_BESIDE,
              waited("t"));

  /** What {@link #CLAIM_CHUNKS} leaves out, longest waiting first. */
  static final String SUSPECTS =
      """
      select model, (extract(epoch from clock_timestamp() - run_at) * 1000)::bigint as waited_ms
      from chunk where state = 'ready' and deaths >= %d and run_at <= clock_timestamp()
      order by run_at limit $1\
      """
          .formatted(RetryBudget.SUSPECT_DEATHS);

  /**
   * One of them, as {@link #CLAIM_CHUNKS} claims, but in nobody's turn and beside every bound: its
   * tenant paid for it before. Only where nothing is leased to the worker.
   */
  static final String CLAIM_SUSPECT =
      """
      with c as materialized (
        select job_id, seq from chunk
        where state = 'ready' and deaths >= %1$d and run_at <= clock_timestamp() and model = any($3)
          and exists (select 1 from node where incarnation = $1 and lease_until > clock_timestamp())
          and not exists (select 1 from chunk where state = 'leased' and worker = $2)
        order by run_at limit 1 for no key update skip locked)
      update chunk t set state = 'leased', attempt = t.attempt + 1, owner = $1, worker = $2,
        deadline_at = clock_timestamp() + $4 * interval '1 ms'
      from c join job j on j.id = c.job_id
      where t.job_id = c.job_id and t.seq = c.seq
      returning t.job_id, t.seq, t.attempt, t.start_ms, t.end_ms, t.s3_key, t.sha256,
        j.model, j.language, j.task, j.prompt, j.decoding::text as decoding,
        j.request_id, j.traceparent, %2$s as waited_ms\
      """
          .formatted(RetryBudget.SUSPECT_DEATHS, waited("t"));

  static final String CLAIM_PREPARATIONS =
      """
      with recursive flow(tenant) as (
        (select tenant_id from job where state = 'accepted' and run_at <= clock_timestamp()
          order by tenant_id limit 1)
        union all
        select n.tenant_id from flow f cross join lateral (
          select tenant_id from job
          where state = 'accepted' and run_at <= clock_timestamp() and tenant_id > f.tenant
          order by tenant_id limit 1) n),
      near as (
        select n.id, n.weight,
          greatest(n.prepare_clock, (select max(prepare_started) from tenant)) as clock
        from flow f join tenant n on n.id = f.tenant
        order by clock, id limit $2 * %1$d),
      queue as (
        select o.id as tenant, k.id, k.prepare_at, k.cost,
          o.clock + (sum(k.cost) over w - k.cost)::float8 / o.weight as turn
        from near o cross join lateral (
          select id, prepare_at, greatest(source_bytes, %2$d) as cost from job
          where state = 'accepted' and tenant_id = o.id and run_at <= clock_timestamp()
          order by prepare_at, id limit $2 * %1$d) k
        window w as (partition by o.id order by k.prepare_at, k.id)),
      c as materialized (
        select q.tenant, q.id, q.cost, q.turn
        from (select * from queue order by turn, tenant, prepare_at, id) q
        cross join lateral (
          select 1 from job k where k.id = q.id and k.state = 'accepted'
          for no key update skip locked) free
        where exists (select 1 from node where incarnation = $1 and lease_until > clock_timestamp())
        limit $2),
      due as materialized (
        select tenant, sum(cost)::bigint as cost, min(turn) as first, max(turn) as last
        from c group by tenant),
      charged as (
        insert into tenant as n (id) select tenant from due order by tenant
        on conflict (id) do update set (prepare_clock, prepare_started) = (
          select greatest(n.prepare_clock, d.first) + d.cost / n.weight,
            greatest(n.prepare_started, d.last)
          from due d where d.tenant = n.id))
      update job j set state = 'preparing', attempt = j.attempt + 1, owner = $1, ingest = null,
        deadline_at = clock_timestamp() + $3 * interval '1 ms',
        started_at = coalesce(j.started_at, clock_timestamp())
      from c where j.id = c.id returning j.id, j.attempt, j.source_key, j.source_bytes,
        j.source_sha256, j.request_id, j.traceparent, %3$s as waited_ms, c.turn\
      """
          .formatted(SPARE, UPLOAD_COST_MIN, waited("j"));

  static final String MET_CHUNKS = "select seq from chunk where job_id = $1 and seq = any($2)";

  /**
   * A job that begins, or whose chunks came slowly, goes on where its tenant has got to; gives
   * where.
   */
  static final String TAKE_TURN =
      """
      update job j set vtime = greatest(j.vtime, n.passed) + $2
      from tenant n where j.id = $1 and n.id = j.tenant_id
      returning j.vtime - $2 as vtime, j.tenant_id, j.model\
      """;

  /** What waited for its language has saved nothing up meanwhile; gives where it begins. */
  static final String RELEASE_HELD =
      """
      with late as (
        select greatest(0, n.passed - min(c.vtime)) as ms
        from job j join tenant n on n.id = j.tenant_id
          join chunk c on c.job_id = j.id and c.state = 'held'
        where j.id = $1 group by n.passed),
      moved as (update job set vtime = vtime + late.ms from late where id = $1),
      freed as (
        update chunk set state = 'ready', run_at = clock_timestamp(), vtime = vtime + late.ms
        from late where job_id = $1 and state = 'held' returning tenant_id, model, vtime)
      select tenant_id, model, min(vtime) as vtime from freed group by tenant_id, model\
      """;

  /** Since when it could have been claimed, in ms. */
  private static String waited(String row) {
    return "(extract(epoch from clock_timestamp() - " + row + ".run_at) * 1000)::bigint";
  }

  static long chunkCost(long ms) {
    return Math.max(ms, CHUNK_COST_MIN);
  }

  // ---- admission and outlook

  private static final String OPEN = "state in ('accepted', 'preparing', 'running')";

  /** How many jobs have not ended: the tenant's, and all; neither is counted beyond its limit. */
  static final String COUNT_OPEN =
      """
      select (select count(*) from (select 1 from job where tenant_id = $1 and %1$s limit $2) x) as own,
        (select count(*) from (select 1 from job where %1$s limit $3) x) as whole\
      """
          .formatted(OPEN);

  /** Bytes stand for milliseconds, 16 each, as long as nobody has decoded them. */
  static final String OPEN_JOBS =
      """
      select j.id, j.tenant_id, n.weight,
        greatest(0, coalesce(j.audio_ms, greatest(j.prepared_ms, j.source_bytes / 16)) - j.done_ms)
          as left_ms
      from job j join tenant n on n.id = j.tenant_id where %s limit $1\
      """
          .formatted(OPEN.replace("state", "j.state"));

  private FairSql() {}
}
