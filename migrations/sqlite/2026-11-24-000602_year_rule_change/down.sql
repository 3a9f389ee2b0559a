DROP TABLE year_rule_change;
