-- When the host let a phone in, changed its role or removed it. Every node asks each half second
-- what was changed a moment ago: the node of the host may die before it tells the node of the phone.
ALTER TABLE guitar_participants ADD COLUMN changed_at INTEGER;
CREATE INDEX guitar_participants_changed ON guitar_participants (changed_at)
    WHERE changed_at IS NOT NULL;
