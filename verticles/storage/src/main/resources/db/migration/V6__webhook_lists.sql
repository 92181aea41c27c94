-- A tenant's webhooks over all its jobs, of those that ended last first.

create index job_announced on job (tenant_id, finished_at desc) where webhook is not null;
