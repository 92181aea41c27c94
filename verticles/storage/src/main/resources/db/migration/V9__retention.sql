-- How long what is kept of a tenant's jobs is kept, that uploads can go before their job, and objects that no job needs.

-- milliseconds after a job's end; null: as the nodes are configured
alter table tenant add column keep_audio_ms bigint check (keep_audio_ms >= 0);
alter table tenant add column keep_transcripts_ms bigint check (keep_transcripts_ms >= 0);

-- Of jobs that a version before this one cleaned it is not known: false, and looked after.
alter table job add column upload_gone boolean not null default false;
create index job_upload on job (tenant_id, finished_at) where cleaned and not upload_gone and deleted_at is null;

-- Objects that no job needed when a pass over the bucket met them: first and last. One goes when it has been so for long enough, so
-- that nodes on the wrong database do no harm before somebody notices.
create table orphan (
  key     text primary key,
  seen_at timestamptz not null default clock_timestamp(),
  met_at  timestamptz not null default clock_timestamp()
);

create index audit_erased on audit (at) where action = 'job.erased';
