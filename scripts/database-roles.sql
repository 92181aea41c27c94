-- Roles of least privilege for Sotto's database. Run once, and again after an upgrade, by a superuser in that database:
--   psql --dbname=sotto --file=scripts/database-roles.sql
-- then give each that logs in a password, which psql hashes before it is sent:  \password sotto_owner  (sotto_app, sotto_read)
--
--   sotto_owner  owns the tables and migrates them: `sotto migrate`. No node needs it.
--   sotto_app    what http and scheduler nodes log in as: rows, no tables. Set database.migrate: false.
--   sotto_read   reads rows: `sotto fsck`, backups of tables, eyes.
--
-- To rotate a password without a moment in between, make a second login (CREATE ROLE sotto_app_b LOGIN IN ROLE sotto_app),
-- switch the nodes' files to it, and drop the first.
SET password_encryption = 'scram-sha-256';

DO $$
DECLARE
  wanted text;
BEGIN
  FOREACH wanted IN ARRAY ARRAY['sotto_owner', 'sotto_app', 'sotto_read'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
      EXECUTE format('CREATE ROLE %I', wanted);
    END IF;
    EXECUTE format('ALTER ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS', wanted);
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), wanted);
  END LOOP;
  -- nobody else comes in, and nobody makes temporary tables
  EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
END $$;

-- Above what all nodes' pools take at the worst moment of a rolling update: (nodes + surge) x (database.pool-size + 1).
-- Nodes check this at their start, by database.nodes-max.
ALTER ROLE sotto_app CONNECTION LIMIT 90;
ALTER ROLE sotto_owner CONNECTION LIMIT 5;
ALTER ROLE sotto_read CONNECTION LIMIT 5;

ALTER ROLE sotto_app SET statement_timeout = '5s';
ALTER ROLE sotto_app SET lock_timeout = '2s';
ALTER ROLE sotto_app SET idle_in_transaction_session_timeout = '10s';
ALTER ROLE sotto_owner SET lock_timeout = '10s';
ALTER ROLE sotto_read SET default_transaction_read_only = on;
ALTER ROLE sotto_read SET idle_in_transaction_session_timeout = '10min';

REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO sotto_owner;
GRANT USAGE ON SCHEMA public TO sotto_app, sotto_read;

-- tables of an installation that one role made and used
DO $$
DECLARE
  made record;
BEGIN
  FOR made IN SELECT c.oid::regclass AS name, c.relkind FROM pg_class c
      WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') LOOP
    EXECUTE format('ALTER TABLE %s OWNER TO sotto_owner', made.name);
  END LOOP;
  FOR made IN SELECT p.oid::regprocedure AS name FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace LOOP
    EXECUTE format('ALTER ROUTINE %s OWNER TO sotto_owner', made.name);
  END LOOP;
END $$;

GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO sotto_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO sotto_app;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO sotto_read;
ALTER DEFAULT PRIVILEGES FOR ROLE sotto_owner IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO sotto_app;
ALTER DEFAULT PRIVILEGES FOR ROLE sotto_owner IN SCHEMA public GRANT USAGE ON SEQUENCES TO sotto_app;
ALTER DEFAULT PRIVILEGES FOR ROLE sotto_owner IN SCHEMA public GRANT SELECT ON TABLES TO sotto_read;

-- what is written once: the history of the schema, and the audit log (its migration takes these away too)
DO $$
DECLARE
  once text;
BEGIN
  FOREACH once IN ARRAY ARRAY['flyway_schema_history', 'audit'] LOOP
    IF to_regclass('public.' || once) IS NOT NULL THEN
      EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON public.%I FROM sotto_app', once);
    END IF;
  END LOOP;
  IF to_regclass('public.flyway_schema_history') IS NOT NULL THEN
    REVOKE INSERT ON public.flyway_schema_history FROM sotto_app;
  END IF;
END $$;
