-- Jobs, their chunks, and who works on them. docs/states.md draws the states; the step that makes each arrow is a method of
-- JobStore. Every comparison of times is made here, by clock_timestamp().

create table node (
  incarnation uuid primary key,
  roles       text not null,
  version     text not null,
  lease_until timestamptz not null
);

create table duty (
  name        text primary key,
  node        uuid not null,
  lease_until timestamptz not null
);

create table job (
  id              uuid primary key,
  tenant_id       bigint not null,
  idempotency_key text,
  request_hash    text not null,
  state           text not null default 'accepted' check (state in ('accepted', 'preparing', 'running', 'completed', 'failed', 'cancelled')),
  model           text not null,
  task            text not null,
  prompt          text,
  asked_language  text,
  language        text,
  source_key      text not null,
  source_bytes    bigint not null,
  source_sha256   text not null,
  file_name       text,
  content_type    text,
  audio_ms        bigint,
  prepared_ms     bigint not null default 0,
  done_ms         bigint not null default 0,
  chunks_total    int,
  chunks_done     int not null default 0,
  attempt         int not null default 0,
  charged_attempt int not null default 0,
  fails           int not null default 0,
  deaths          int not null default 0,
  owner           uuid,
  ingest          uuid,
  deadline_at     timestamptz,
  run_at          timestamptz not null default clock_timestamp(),
  failure_code    text,
  failure_reason  text,
  created_at      timestamptz not null default clock_timestamp(),
  started_at      timestamptz,
  finished_at     timestamptz,
  cleaned         boolean not null default false,
  unique (tenant_id, idempotency_key)
);
create index job_accepted on job (run_at, id) where state = 'accepted';
create index job_preparing on job (deadline_at) where state = 'preparing';
create index job_uncleaned on job (run_at) where not cleaned and state in ('completed', 'failed', 'cancelled');

create table chunk (
  job_id          uuid not null,
  seq             int not null,
  state           text not null check (state in ('held', 'ready', 'leased', 'done', 'dead', 'cancelled')),
  model           text not null,
  start_ms        bigint not null,
  end_ms          bigint not null,
  s3_key          text not null,
  sha256          text not null,
  bytes           bigint not null,
  attempt         int not null default 0,
  charged_attempt int not null default 0,
  fails           int not null default 0,
  deaths          int not null default 0,
  owner           uuid,
  worker          uuid,
  deadline_at     timestamptz,
  run_at          timestamptz not null default clock_timestamp(),
  primary key (job_id, seq)
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_cost_delay = 0);
create index chunk_ready on chunk (job_id, seq) where state = 'ready';
create index chunk_leased on chunk (deadline_at) where state = 'leased';

create table chunk_result (
  job_id  uuid not null,
  seq     int not null,
  attempt int not null,
  node    uuid not null,
  body    jsonb not null,
  primary key (job_id, seq)
);
