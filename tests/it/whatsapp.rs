//! Inbound and outbound messages by both WhatsApp providers in one CRM: none is lost, none is duplicated.

mod bridge_api;
mod bridge_files;
mod details;
mod files;
mod full_disk;
mod history;
mod identity;
mod inbound;
mod late_refusal;
mod malformed;
mod new_chats;
mod opt_out;
mod order;
mod outbound;
mod pacing;
mod policy;
mod status_updates;
mod unconfirmed;
