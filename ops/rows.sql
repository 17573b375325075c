-- table,organization,rows: each table as a whole, then, where rows belong to organizations, each organization.
SELECT format('SELECT %L, NULL::text, count(*) FROM %I.%I', relname, nspname, relname)
       || CASE WHEN organization.attname IS NULL THEN ''
               ELSE format(' UNION ALL (SELECT %L, organization_id::text, count(*) FROM %I.%I GROUP BY 2 ORDER BY 2)',
                           relname, nspname, relname) END
FROM pg_class
JOIN pg_namespace ON pg_namespace.oid = relnamespace AND nspname = 'public'
LEFT JOIN pg_attribute organization
       ON organization.attrelid = pg_class.oid AND organization.attname = 'organization_id' AND NOT organization.attisdropped
WHERE relkind IN ('r', 'p') AND NOT relispartition
ORDER BY relname COLLATE "C"
\gexec
