"""Every defect, by the wall it breaks."""

from devkit.mutants.catalogue import access, audit, cases, database, delivery, entrance, pages, scope, work

DEFECTS = (
    *database.DEFECTS,
    *scope.DEFECTS,
    *access.DEFECTS,
    *audit.DEFECTS,
    *delivery.DEFECTS,
    *cases.DEFECTS,
    *entrance.DEFECTS,
    *pages.DEFECTS,
    *work.DEFECTS,
)
