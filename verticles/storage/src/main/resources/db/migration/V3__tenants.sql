-- Whose work it is, and whose turn: docs/adr/0009-fair-order.md says what the clocks mean. Virtual times are milliseconds of
-- audio; those of preparing are bytes. A job's chunks carry their turn among their tenant's jobs, a tenant's row its own turn.

create table tenant (
  id              bigint primary key,
  name            text not null default '',
  weight          double precision not null default 1 check (weight > 0),
  leases_max      int check (leases_max > 0),
  clock           double precision not null default 0,
  started         double precision not null default 0,
  passed          bigint not null default 0,
  prepare_clock   double precision not null default 0,
  prepare_started double precision not null default 0
) with (fillfactor = 50);
-- the tenant of everything before there were any
insert into tenant (id) values (1);

alter table job add column vtime bigint not null default 0;
-- now(): a default that differs from row to row would rewrite the table
alter table job add column prepare_at timestamptz not null default now();
create index job_waiting on job (tenant_id, prepare_at, id) where state = 'accepted';
create index job_open on job (tenant_id) where state in ('accepted', 'preparing', 'running');

alter table chunk add column tenant_id bigint not null default 1;
alter table chunk add column vtime bigint not null default 0;
create index chunk_turn on chunk (tenant_id, model, vtime, job_id, seq) where state = 'ready';
create index chunk_leased_of on chunk (tenant_id) where state = 'leased';
