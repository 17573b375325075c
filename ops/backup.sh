#!/bin/sh
# backup.sh DIRECTORY: writes one backup, DIRECTORY/greenlight-<UTC time>/, readable by its owner alone:
#
#   database.dump   the database as pg_dump's own archive
#   rows.csv        how many rows each table holds, and each organization in each table
#   walls.csv       what keeps organizations apart: policies, forced row security, triggers, privileges
#   documents.tar   stored documents, if there are any
#   SHA256SUMS      of the files above
#
# Dump and counts are taken from one snapshot, so they must agree. Needs psql and pg_dump of PostgreSQL 18 (or of the
# server's version) and DATABASE_BACKUP_URL. Any other role is refused: under row-level security its dump would be empty
# or fail. Ends with 0 only when the backup is whole; a broken one is left as <name>.broken.
set -eu
umask 077

fail() { echo "backup: $*" >&2; exit 1; }

here=$(dirname "$0")
target=${1:?usage: backup.sh DIRECTORY}
: "${DATABASE_BACKUP_URL:?DATABASE_BACKUP_URL is not set}"
documents=${GREENLIGHT_DATA_DIR:-/var/lib/greenlight}/documents
export PGOPTIONS="-c row_security=off -c statement_timeout=0 -c timezone=UTC"

may=$(psql "$DATABASE_BACKUP_URL" -XAtq -c "SELECT rolbypassrls AND NOT rolsuper FROM pg_roles WHERE rolname = current_user") \
    || fail "no connection"
[ "$may" = t ] || fail "this role does not see all rows: DATABASE_BACKUP_URL must name the backup role"

name=$target/greenlight-$(date -u +%Y%m%dT%H%M%SZ)
work=$name.broken
mkdir -p "$target"
mkdir "$work" || fail "$work is there already"
export GREENLIGHT_BACKUP="$work" GREENLIGHT_OPS="$here"

# One transaction holds the snapshot while pg_dump works in it.
psql "$DATABASE_BACKUP_URL" -Xq -v ON_ERROR_STOP=1 <<'SQL' || fail "the dump is not whole"
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SELECT pg_export_snapshot() AS snapshot \gset
\setenv GREENLIGHT_SNAPSHOT :snapshot
\! pg_dump --dbname="$DATABASE_BACKUP_URL" --format=custom --snapshot="$GREENLIGHT_SNAPSHOT" --file="$GREENLIGHT_BACKUP/database.dump"
SELECT :SHELL_ERROR AS dump_failed \gset
\if :dump_failed
    \warn 'pg_dump failed'
    SELECT 1 / 0;
\endif
\getenv work GREENLIGHT_BACKUP
\getenv ops GREENLIGHT_OPS
\set rows_file :work '/rows.csv'
\set walls_file :work '/walls.csv'
\set rows_script :ops '/rows.sql'
\set walls_script :ops '/walls.sql'
\pset format csv
\pset tuples_only on
\o :rows_file
\i :rows_script
\o :walls_file
\i :walls_script
\o
COMMIT;
SQL

grep -q '^tenancy_organization,,[1-9]' "$work/rows.csv" || echo "backup: note: there is no organization in this database" >&2
if [ -d "$documents" ]; then
    # 1: a folder grew while it was read. What the dump names was there before, and stored files never change.
    tar -C "$(dirname "$documents")" --exclude='*.part' -cf "$work/documents.tar" documents || [ $? -eq 1 ]
fi
(cd "$work" && sha256sum -- * > SHA256SUMS.new && mv SHA256SUMS.new SHA256SUMS)
mv "$work" "$name"
echo "$name: $(awk -F, '$2 == "" { n += $3 } END { print n + 0 }' "$name/rows.csv") rows in $(awk -F, '$2 == ""' "$name/rows.csv" | wc -l | tr -d ' ') tables"
