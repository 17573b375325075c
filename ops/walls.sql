-- kind,table,name,what: everything in the database that keeps organizations apart and history in place.
SELECT kind, relation, name, what FROM (
    SELECT 'row security' AS kind, relname::text AS relation, '' AS name,
           concat_ws(' ', CASE WHEN relrowsecurity THEN 'enabled' END, CASE WHEN relforcerowsecurity THEN 'forced' END) AS what
    FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
    UNION ALL
    SELECT 'policy', tablename::text, policyname::text, concat_ws(' | ', permissive, roles::text, cmd, qual, with_check)
    FROM pg_policies WHERE schemaname = 'public'
    UNION ALL
    SELECT 'trigger', relname::text, tgname::text, concat(tgenabled::text, ' ', pg_get_triggerdef(pg_trigger.oid))
    FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
    WHERE relnamespace = 'public'::regnamespace AND NOT tgisinternal
    UNION ALL
    SELECT 'constraint', relname::text, conname::text, concat(pg_get_constraintdef(pg_constraint.oid), CASE WHEN NOT convalidated THEN ' NOT VALID' END)
    FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid
    WHERE relnamespace = 'public'::regnamespace AND contype IN ('f', 'u', 'x', 'c', 'p')
    UNION ALL
    SELECT 'function', proname::text, pg_get_function_identity_arguments(pg_proc.oid),
           concat(CASE WHEN prosecdef THEN 'security definer ' END, md5(prosrc), ' ', proconfig::text)
    FROM pg_proc WHERE pronamespace = 'public'::regnamespace
      AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')
    UNION ALL
    SELECT 'privilege', relname::text, coalesce(nullif(grantee, 0)::regrole::text, 'PUBLIC'), string_agg(privilege_type, ' ' ORDER BY privilege_type)
    FROM pg_class, aclexplode(coalesce(relacl, acldefault('r', relowner)))
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm')
    GROUP BY relname, grantee
) wall
ORDER BY kind COLLATE "C", relation COLLATE "C", name COLLATE "C";
