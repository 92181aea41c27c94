#!/usr/bin/env bash
# The image of PostgreSQL runs this once, when it makes the database: the logins of scripts/database-roles.sql get their
# passwords, of which the server keeps hashes alone.
set -euo pipefail
for role in sotto_app sotto_owner; do
  export role
  psql --quiet --set=ON_ERROR_STOP=1 --username="$POSTGRES_USER" --dbname="$POSTGRES_DB" <<'SQL'
SET log_statement = 'none';
SET log_min_duration_statement = -1;
\set role `echo "$role"`
\set password `cat "/run/secrets/$role"`
ALTER ROLE :"role" PASSWORD :'password';
SQL
done
