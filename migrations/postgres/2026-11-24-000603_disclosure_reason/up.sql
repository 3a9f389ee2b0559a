-- Why something was taken out by hand, in the words of the person who did it.
ALTER TABLE disclosure ADD COLUMN reason TEXT;
