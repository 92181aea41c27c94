-- A tenant's history of jobs, in three orders and by state; and jobs that were deleted, whose rows stay until their audio is gone.
-- Flyway runs a migration in a transaction, so these indexes hold writers up while they are built: a second or so a million jobs.

alter table job add column deleted_at timestamptz;
-- with what lists are filtered by, so that counting reads the index alone
create index job_history on job (tenant_id, created_at, id) include (state, language, model) where deleted_at is null;
create index job_history_state on job (tenant_id, state, created_at, id) where deleted_at is null;
create index job_history_updated on job (tenant_id, coalesce(finished_at, started_at, created_at), id) where deleted_at is null;
create index job_history_duration on job (tenant_id, coalesce(audio_ms, 0), id) where deleted_at is null;
create index job_deleted on job (run_at) where deleted_at is not null;
