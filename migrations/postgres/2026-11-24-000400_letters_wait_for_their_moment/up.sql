-- The moment from which a ready letter may be sent: the programme's delay after the outcome was recorded.
ALTER TABLE letter ADD COLUMN send_after TIMESTAMP;
-- The message may have reached the parents although nobody knows: remembered when the letter is sent again.
ALTER TABLE letter ADD COLUMN may_have_arrived BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE letter SET may_have_arrived = TRUE WHERE state = 'in_doubt';
