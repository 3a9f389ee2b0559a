-- Nothing to take back: what was erased is not known any more.
SELECT 1;
