//! Both ways of WhatsApp into one CRM and out again: never lost, never twice.

mod doubt;
mod files;
mod full_disk;
mod inbound;
mod malformed;
mod news;
mod outbound;
mod policy;
