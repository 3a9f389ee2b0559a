DROP TABLE identity_damage;
