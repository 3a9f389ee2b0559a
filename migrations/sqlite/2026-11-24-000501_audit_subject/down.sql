DROP INDEX audit_event_subject;
DROP TABLE audit_subject;
