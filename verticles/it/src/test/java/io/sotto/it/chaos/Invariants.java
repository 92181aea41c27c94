package io.sotto.it.chaos;

import io.vertx.sqlclient.Row;
import java.util.List;

/** What must hold in the database whatever happened, I2 to I4 and I6 of the reliability plan. */
final class Invariants {
  /** One row a violation; the jobs of the run have all ended when it is asked. */
  private static final String VIOLATIONS =
      """
      select 'I2 chunk ' || c.job_id || '/' || c.seq || ' is ' || c.state || ', results: ' || count(r.job_id) as what
        from chunk c left join chunk_result r using (job_id, seq)
        group by c.job_id, c.seq, c.state having (c.state = 'done')::int <> count(r.job_id)
      union all
      select 'I2 a result of no chunk: ' || r.job_id || '/' || r.seq
        from chunk_result r left join chunk c using (job_id, seq) where c.job_id is null
      union all
      select 'I3 job ' || j.id || ' counts ' || j.chunks_done || ' of ' || coalesce(j.chunks_total, -1)
        from job j where j.chunks_done <> (select count(*) from chunk c where c.job_id = j.id and c.state = 'done')
          or j.state = 'completed' and j.chunks_done is distinct from j.chunks_total
      union all
      select 'I4 chunk ' || c.job_id || '/' || c.seq || ' is at ' || c.attempt || ', its result at ' || r.attempt
        from chunk c join chunk_result r using (job_id, seq) where c.attempt <> r.attempt
      union all
      select 'I6 job ' || j.id || ' is ' || j.state || ', its chunk ' || c.seq || ' is ' || c.state
        from job j join chunk c on c.job_id = j.id
        where j.state in ('completed', 'failed', 'cancelled') and c.state in ('held', 'ready', 'leased')
      """;

  private Invariants() {}

  /** In words, each with its number; empty when all is well. */
  static List<String> violations(Database database) throws Exception {
    return database.ask(VIOLATIONS).stream().map(Invariants::what).toList();
  }

  private static String what(Row row) {
    return row.getString("what");
  }
}
