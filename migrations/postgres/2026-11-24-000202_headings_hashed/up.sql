-- Headings as they came could hold a name or a number. Choices are kept from now on under a keyed hash of each heading,
-- and so is the name of a layout; what was remembered before cannot be found under them and goes.
DELETE FROM column_mapping;
UPDATE import SET mapping = NULL, layout = NULL;
