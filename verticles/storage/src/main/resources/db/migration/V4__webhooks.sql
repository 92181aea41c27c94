-- Webhooks: where a job wants its end announced, what is to be sent, and every try. And results that were taken from an earlier job.

alter table job add column webhook jsonb;
alter table job add column deduplicated_from uuid;
create index job_reusable on job (tenant_id, source_sha256) where state = 'completed';
create index job_latest on job (model, finished_at) where state = 'completed' and deduplicated_from is null and chunks_total > 0;

create table outbox (
  id           text primary key,
  job_id       uuid not null,
  type         text not null,
  host         text not null,
  state        text not null default 'pending' check (state in ('pending', 'delivered', 'failed', 'disabled')),
  claim        int not null default 0,
  leased_until timestamptz not null default '-infinity',
  next_at      timestamptz not null default clock_timestamp(),
  tries        int not null default 0,
  tries_ever   int not null default 0,
  created_at   timestamptz not null default clock_timestamp(),
  unique (job_id, type)
);
create index outbox_due on outbox (next_at, id) where state = 'pending';

create table webhook_try (
  outbox_id text not null,
  n         int not null,
  at        timestamptz not null,
  status    int,
  error     text,
  reason    text,
  ms        bigint not null,
  primary key (outbox_id, n)
);

-- Whatever statement of whatever version ends a job announces it in the same transaction: also a node of the version before this
-- one, which knows nothing of webhooks, while a cluster is updated.
create function write_outbox() returns trigger language plpgsql as $$
begin
  insert into outbox (id, job_id, type, host)
  values ('msg_' || replace(new.id::text, '-', '') || '_' || new.state, new.id, 'transcription.' || new.state, new.webhook ->> 'host')
  on conflict do nothing;
  return null;
end
$$;
create trigger job_end_writes_outbox after insert or update of state on job
  for each row when (new.webhook is not null and new.state in ('completed', 'failed', 'cancelled'))
  execute function write_outbox();
