DROP INDEX visit_school_urn_visit_on;
