-- Receivers that a tenant has registered for all its jobs, and what they are to be told. Beside the outbox and not in it: a node of
-- the version before would send such rows to the URL of the job.

create table webhook_endpoint (
  id               uuid primary key,
  tenant_id        bigint not null,
  idempotency_key  text,
  request_hash     text not null,
  url              text not null,
  host             text not null,
  events           text[] not null,
  enabled          boolean not null default true,
  gone             boolean not null default false,
  secret           text not null,
  old_secret       text,
  old_secret_until timestamptz,
  created_at       timestamptz not null default clock_timestamp(),
  updated_at       timestamptz not null default clock_timestamp(),
  unique (tenant_id, idempotency_key)
);

-- job_id is null for a test that somebody asked for.
create table endpoint_outbox (
  id           text primary key,
  endpoint_id  uuid not null,
  tenant_id    bigint not null,
  job_id       uuid,
  type         text not null,
  state        text not null default 'pending' check (state in ('pending', 'delivered', 'failed', 'disabled')),
  claim        int not null default 0,
  leased_until timestamptz not null default '-infinity',
  next_at      timestamptz not null default clock_timestamp(),
  tries        int not null default 0,
  tries_ever   int not null default 0,
  created_at   timestamptz not null default clock_timestamp(),
  unique (job_id, type, endpoint_id)
);
create index endpoint_outbox_due on endpoint_outbox (next_at, id) where state = 'pending';
create index endpoint_outbox_of on endpoint_outbox (endpoint_id, created_at);
create index endpoint_outbox_told on endpoint_outbox (tenant_id, created_at);

-- As job_end_writes_outbox: whatever statement of whatever version ends a job. Deleting one sets its state too, and announces nothing.
create function write_endpoint_outbox() returns trigger language plpgsql as $$
begin
  insert into endpoint_outbox (id, endpoint_id, tenant_id, job_id, type)
  select 'msg_' || replace(new.id::text, '-', '') || '_' || new.state || '_' || replace(e.id::text, '-', ''),
    e.id, e.tenant_id, new.id, 'transcription.' || new.state
  from webhook_endpoint e
  where e.tenant_id = new.tenant_id and e.enabled and 'transcription.' || new.state = any (e.events)
  on conflict do nothing;
  return null;
end
$$;
create trigger job_end_writes_endpoint_outbox after insert or update of state on job
  for each row when (new.deleted_at is null and new.state in ('completed', 'failed', 'cancelled'))
  execute function write_endpoint_outbox();
