-- The order of messages: when the provider says that a message was written, by the provider's clock. Null where it did not say.
ALTER TABLE messages ADD COLUMN provider_time TEXT;
