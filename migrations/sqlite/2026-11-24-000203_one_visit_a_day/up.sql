-- A school has one visit on a day, however many people plan it at once. Of two that were planned at once the first stays,
-- with what was noted for the other.
UPDATE visit SET note = (
    SELECT SUBSTR(COALESCE(visit.note || '; ', '') || COALESCE(MIN(other.note), ''), 1, 200)
    FROM visit other
    WHERE other.school_urn = visit.school_urn AND other.visit_on = visit.visit_on AND other.id > visit.id
)
WHERE id = (
    SELECT MIN(one.id) FROM visit one
    WHERE one.school_urn = visit.school_urn AND one.visit_on = visit.visit_on
)
AND EXISTS (
    SELECT 1 FROM visit other
    WHERE other.school_urn = visit.school_urn AND other.visit_on = visit.visit_on AND other.id > visit.id
    AND other.note IS NOT NULL
);
DELETE FROM visit WHERE id NOT IN (SELECT MIN(id) FROM visit GROUP BY school_urn, visit_on);
CREATE UNIQUE INDEX visit_school_urn_visit_on ON visit (school_urn, visit_on);
