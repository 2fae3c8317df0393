-- Every node asks each half second which sign-ins were revoked a moment ago.
CREATE INDEX sign_ins_revoked ON sign_ins (revoked_at) WHERE revoked_at IS NOT NULL;
