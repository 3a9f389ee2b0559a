DROP TABLE retention_pause;
