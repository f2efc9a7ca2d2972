-- What a contact is to the business, unless it is an ordinary customer: a VIP, whose calls ring at the owner's phone first, or own staff.

ALTER TABLE contacts ADD COLUMN relation TEXT CHECK (relation IN ('vip', 'staff'));
CREATE INDEX idx_contacts_relation ON contacts(business_id, relation) WHERE relation IS NOT NULL;
