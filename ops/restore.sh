#!/bin/sh
# restore.sh BACKUP: fills an empty database from a backup that backup.sh made, then proves that it is the same.
#
# Needs psql and pg_restore, DATABASE_OWNER_URL (its tables are restored as the owner's) and DATABASE_BACKUP_URL (to count).
# First make roles and database with `manage.py prepare_database`; do not migrate. Nothing is overwritten: a database or a
# document directory that is not empty is refused. Proved afterwards: checksums of the files, rows of each table and each
# organization, policies, forced row security, triggers, constraints and privileges. Then run `manage.py migrate`, in case the
# product is newer than the backup, and `manage.py audit_verify`. Ends with 0 only when all is equal.
#
# restore.sh --check BACKUP compares only; it changes nothing.
set -eu
umask 077

fail() { echo "restore: $*" >&2; exit 1; }

here=$(dirname "$0")
only_check=
if [ "${1:-}" = --check ]; then only_check=yes; shift; fi
backup=${1:?usage: restore.sh [--check] BACKUP}
: "${DATABASE_BACKUP_URL:?DATABASE_BACKUP_URL is not set}"
data=${GREENLIGHT_DATA_DIR:-/var/lib/greenlight}
export PGOPTIONS="-c row_security=off -c statement_timeout=0 -c timezone=UTC"

[ -f "$backup/SHA256SUMS" ] || fail "$backup is no whole backup: it has no SHA256SUMS"
(cd "$backup" && sha256sum --check --quiet --strict SHA256SUMS) || fail "the backup's files have changed since they were written"

if [ -z "$only_check" ]; then
    : "${DATABASE_OWNER_URL:?DATABASE_OWNER_URL is not set}"
    tables=$(psql "$DATABASE_OWNER_URL" -XAtq -c "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')") \
        || fail "no connection as the owner"
    [ "$tables" = 0 ] || fail "the database is not empty: it holds $tables tables. Restore into a new one"
    if [ -f "$backup/documents.tar" ]; then
        [ ! -e "$data/documents" ] || [ -z "$(ls -A "$data/documents")" ] || fail "$data/documents is not empty"
    fi
    # What new tables give away by default would come on top of what the backup says of each table; the backup restores
    # these defaults last. The schema itself is there already, with the privileges that prepare_database gave.
    psql "$DATABASE_OWNER_URL" -Xq -v ON_ERROR_STOP=1 <<'SQL' || fail "the default privileges cannot be set aside"
SELECT DISTINCT format('ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON %s FROM %s',
                       CASE defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'FUNCTIONS' ELSE 'TYPES' END,
                       CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END)
FROM pg_default_acl, aclexplode(defaclacl)
WHERE defaclrole = current_user::regrole AND defaclnamespace = 'public'::regnamespace
\gexec
SQL
    contents=$(mktemp)
    trap 'rm -f "$contents"' EXIT
    pg_restore --list "$backup/database.dump" | grep -v -E '^[0-9]+; [0-9]+ [0-9]+ (SCHEMA|COMMENT) - (SCHEMA )?public ' > "$contents"
    pg_restore --dbname="$DATABASE_OWNER_URL" --use-list="$contents" --no-owner --exit-on-error --single-transaction "$backup/database.dump" \
        || fail "pg_restore failed: nothing was kept"
    psql "$DATABASE_OWNER_URL" -Xq -c "SET client_min_messages = error" -c "ANALYZE"
    if [ -f "$backup/documents.tar" ]; then
        mkdir -p "$data"
        tar -C "$data" -xf "$backup/documents.tar"
    fi
fi

may=$(psql "$DATABASE_BACKUP_URL" -XAtq -c "SELECT rolbypassrls AND NOT rolsuper FROM pg_roles WHERE rolname = current_user") \
    || fail "no connection as the backup role"
[ "$may" = t ] || fail "this role does not see all rows: DATABASE_BACKUP_URL must name the backup role"

found=$(mktemp -d)
trap 'rm -rf "$found" "${contents:-}"' EXIT
for what in rows walls; do
    psql "$DATABASE_BACKUP_URL" -Xq --csv -t -v ON_ERROR_STOP=1 -f "$here/$what.sql" > "$found/$what.csv"
    if ! diff "$backup/$what.csv" "$found/$what.csv" > "$found/difference"; then
        echo "restore: $what differ (< backup, > database):" >&2
        head -n 40 "$found/difference" >&2
        fail "the database is not what the backup says"
    fi
done
if [ -f "$backup/documents.tar" ]; then
    tar -C "$data" --compare --file="$backup/documents.tar" || fail "the documents are not what the backup holds"
fi
echo "$backup: equal. $(wc -l < "$found/rows.csv" | tr -d ' ') counts and $(wc -l < "$found/walls.csv" | tr -d ' ') walls compared. Now run manage.py migrate and manage.py audit_verify"
