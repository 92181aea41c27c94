-- Who was let in or refused, and what was done to jobs, keys and nodes. Each row's hash covers the hash of the row before it, so
-- that a row which is changed, removed or slipped in later shows (sotto audit verify).
create table audit (
  seq bigint primary key,
  at timestamptz not null,
  node text not null,
  action text not null,
  tenant_id bigint,
  actor text not null,
  address text not null,
  subject text not null,
  detail text not null,
  times bigint not null,
  hash bytea not null
);

-- Where the chain ends. Whoever appends locks this row, so that there is one chain however many nodes write.
create table audit_head (
  one boolean primary key default true check (one),
  seq bigint not null,
  hash bytea not null
);
insert into audit_head (seq, hash) values (0, decode(repeat('00', 32), 'hex'));

create function audit_stays() returns trigger language plpgsql as $$
begin
  raise exception 'rows of the audit log are written once';
end $$;
create trigger audit_stays before update or delete or truncate on audit
  for each statement execute function audit_stays();

-- the role that nodes log in as, where scripts/database-roles.sql has made it
do $$
begin
  if exists (select from pg_roles where rolname = 'sotto_app') then
    revoke update, delete, truncate on audit from sotto_app;
    revoke insert, update, delete, truncate on flyway_schema_history from sotto_app;
  end if;
end $$;
